/*
 * For tests only: counts heap allocations. Linked into a test, fixture-heap.c takes the place of
 * the C library's functions for everything in the process, libjpeg too. Not for sanitizer builds,
 * which have their own.
 */
#ifndef JPEG_FIXTURE_HEAP_H
#define JPEG_FIXTURE_HEAP_H

/* How many times memory was asked for so far. */
unsigned long fixture_heap_calls(void);

#endif
