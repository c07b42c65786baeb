/* What the files of the bus share: the functions of libsystemd, found when it is loaded. */
#ifndef SYSTEMD_BUS_IMPL_H
#define SYSTEMD_BUS_IMPL_H

#include <jansson.h>
#include <stdarg.h>
#include <systemd/sd-bus.h>

#include "util/error.h"

/* Each has the name that it has in sd-bus(3) after "sd_bus_". */
struct bus_library {
	void *handle;
	int (*open_system)(sd_bus **ret);
	sd_bus *(*flush_close_unref)(sd_bus *bus);
	int (*is_ready)(sd_bus *bus);
	int (*process)(sd_bus *bus, sd_bus_message **ret);
	int (*wait)(sd_bus *bus, uint64_t timeout_us);
	int (*call)(sd_bus *bus, sd_bus_message *m, uint64_t timeout_us, sd_bus_error *ret_error,
		sd_bus_message **ret_reply);
	int (*match_signal)(sd_bus *bus, sd_bus_slot **ret, const char *sender, const char *path,
		const char *interface, const char *member, sd_bus_message_handler_t callback,
		void *data);
	void (*error_free)(sd_bus_error *error);
	int (*message_new_method_call)(sd_bus *bus, sd_bus_message **ret, const char *destination,
		const char *path, const char *interface, const char *member);
	int (*message_set_auto_start)(sd_bus_message *m, int is_on);
	int (*message_append_strv)(sd_bus_message *m, char **texts);
	int (*message_appendv)(sd_bus_message *m, const char *types, va_list arguments);
	sd_bus_message *(*message_unref)(sd_bus_message *m);
	int (*message_peek_type)(sd_bus_message *m, char *ret_type, const char **ret_contents);
	int (*message_read_basic)(sd_bus_message *m, char type, void *ret_value);
	int (*message_enter_container)(sd_bus_message *m, char type, const char *contents);
	int (*message_exit_container)(sd_bus_message *m);
};

/* -ENOPKG: the library is missing, or lacks a function. */
int bus_library_load(struct bus_library *ret_library, struct error *err);
void bus_library_unload(struct bus_library *library);

/* All values of a message as an array. -EBADMSG: it is damaged, or nested too deep. */
int bus_message_to_json(
	const struct bus_library *library, sd_bus_message *message, json_t **ret_values);

#endif
