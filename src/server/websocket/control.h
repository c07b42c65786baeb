/*
 * Control messages: JSON text from a viewer, JSON text back. Knows nothing of sockets, so that a
 * fuzzer can run it alone.
 */
#ifndef SERVER_WEBSOCKET_CONTROL_H
#define SERVER_WEBSOCKET_CONTROL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define CONTROL_MESSAGE_MAX 4096 /* bytes of a message from a viewer */

struct control_ops {
	/* The status, a new reference; NULL when out of memory. */
	json_t *(*get_status)(void *userdata);
	/* Starts or stops the picture of a camera for this viewer. false: there is no such camera.
	 */
	bool (*select)(void *userdata, const char *camera, bool is_on);
};

/*
 * Answers one message. The caller frees the text, which is NUL-terminated; NULL when out of memory.
 * reserve: bytes that are left free in front of the answer, for a protocol's header.
 */
char *control_answer(const char *text, size_t size, const struct control_ops *ops, void *userdata,
	size_t reserve, size_t *ret_size);

#endif
