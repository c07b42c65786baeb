/*
 * vm.nr_overcommit_hugepages: how many huge pages may be taken that are not set aside. It is a
 * permission and no memory, and the one thing of a simulation that the kernel does not take back by
 * itself: the value before is in a file, written before the change, until it is restored. The file
 * lies in /run: after a restart of the machine there is nothing to restore.
 */
#ifndef SIMULATE_OVERCOMMIT_H
#define SIMULATE_OVERCOMMIT_H

#include <stdint.h>

#include "util/error.h"
#include "util/sysroot.h"

/*
 * One simulation of the whole machine at a time. The descriptor of the lock, which is held until it
 * is closed in this process and in those forked since; -EBUSY: another one runs; another negative
 * errno.
 */
int overcommit_lock(const struct sysroot *root, struct error *err);

/* Allows that many pages more. -ENOTSUP: the kernel has no huge pages. */
int overcommit_raise(const struct sysroot *root, uint64_t pages, struct error *err);

/*
 * Restores the value before, when there is a file with it. What was changed by something else since
 * is left alone, with a warning. 0 or a negative errno.
 */
int overcommit_restore(const struct sysroot *root, struct error *err);

#endif
