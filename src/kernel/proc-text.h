/* The lines "Name:   123 kB" of /proc/meminfo, smaps_rollup and others. */
#ifndef KERNEL_PROC_TEXT_H
#define KERNEL_PROC_TEXT_H

#include <stdbool.h>
#include <stdint.h>

/* The value of the first line of that name, in bytes. Returns false when there is none. */
bool proc_text_find_bytes(const char *text, const char *name, uint64_t *ret_bytes);

#endif
