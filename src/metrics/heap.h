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

/*
 * Bytes that were freed and that the heap keeps between those in use: they grow when it fragments.
 * What is free at the end of the main heap is not counted, as much of that was never touched; each
 * heap of a thread has up to 132 KiB of that, too, which are. As above.
 */
uint64_t heap_free_bytes(void);

#endif
