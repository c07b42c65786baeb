/* One run at a time: a lock on folder/lock, which the kernel releases when its holder ends. */
#ifndef TUNE_LOCK_H
#define TUNE_LOCK_H

#include <stdint.h>

#include "util/error.h"

/*
 * Makes the folder. Waits at most timeout_ns. ret_fd: to be closed to release it. 0; -EBUSY with
 * who holds it in err; another negative errno with err set.
 */
int lock_take(
	const char *folder, const char *what, uint64_t timeout_ns, int *ret_fd, struct error *err);

#endif
