#include "jpeg/fixture-heap.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

/* The names under which glibc has its own. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *pointer, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static atomic_ulong calls;

unsigned long fixture_heap_calls(void)
{
	return atomic_load(&calls);
}

void *malloc(size_t size)
{
	atomic_fetch_add(&calls, 1);
	return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	atomic_fetch_add(&calls, 1);
	return __libc_calloc(n, size);
}

void *realloc(void *pointer, size_t size)
{
	atomic_fetch_add(&calls, 1);
	return __libc_realloc(pointer, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	atomic_fetch_add(&calls, 1);
	return __libc_memalign(alignment, size);
}

int posix_memalign(void **ret_pointer, size_t alignment, size_t size)
{
	atomic_fetch_add(&calls, 1);
	*ret_pointer = __libc_memalign(alignment, size);
	return *ret_pointer ? 0 : ENOMEM;
}
