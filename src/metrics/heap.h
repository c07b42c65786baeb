/* The heap of this process. */
#ifndef METRICS_HEAP_H
#define METRICS_HEAP_H

#include <stdint.h>

/*
 * Bytes that the program has allocated and not freed, in all arenas, mapped blocks included. It
 * neither falls when pages are swapped out nor rises when the heap fragments, and so shows a leak
 * where resident memory does not. 0 where the allocator counts nothing (sanitizers). Any thread.
 */
uint64_t heap_in_use_bytes(void);

#endif
