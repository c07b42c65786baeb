/* The two kinds of recordings, for the replay source. Both read one picture at a time, in a loop.
 */
#ifndef SOURCE_REPLAY_IMPL_H
#define SOURCE_REPLAY_IMPL_H

#include "frame/frame.h"
#include "util/error.h"

struct replay_ops {
	/*
	 * Reads the next picture into frame->data, at most frame->capacity bytes, and sets
	 * frame->size. 0; -EAGAIN: it needs more time to find it; the enum frame_drop of a picture
	 * that cannot be read; another negative errno with err: the recording is gone.
	 */
	int (*read)(void *recording, struct frame *frame, struct error *err);
	void (*close)(void *recording);
};

/* A folder of .jpg and .jpeg, in the order of their names' bytes. Takes over fd, also on errors. */
int replay_folder_open(int fd, const char *path, const struct replay_ops **ret_ops,
	void **ret_folder, struct error *err);

/* One picture behind the other in a file. Takes over fd, also on errors. */
int replay_file_open(int fd, const char *path, const struct replay_ops **ret_ops, void **ret_file,
	struct error *err);

/* Heap that either takes in the worst case. */
size_t replay_folder_worst_bytes(void);
size_t replay_file_worst_bytes(void);

#endif
