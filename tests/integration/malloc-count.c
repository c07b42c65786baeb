/*
 * Preloaded into the server: counts its heap allocations, and remembers where the last ones were
 * asked for, in the file that MALLOC_COUNT_FILE names. The test reads that file from outside, so
 * that asking costs nothing.
 *
 * The counters are reached through glibc's own names (__libc_malloc), so there is no symbol to look
 * up first.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PLACES 64

/* As test-allocations.py reads it. */
struct counts {
	atomic_uint_fast64_t allocations;
	atomic_uint_fast64_t bytes;
	atomic_uint_fast64_t places[PLACES]; /* return addresses; allocation n is at n % PLACES */
};

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *pointer, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void *memalign(size_t alignment, size_t size);

static struct counts unshared;
static struct counts *counts = &unshared;

/* MALLOC_COUNT_PROGRAM: only this one of those that inherit the library. */
static bool is_wanted(void)
{
	const char *program = getenv("MALLOC_COUNT_PROGRAM");
	char path[PATH_MAX] = "";

	if (!program) {
		return true;
	}
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	return n > 0 && strcmp(strrchr(path, '/') + 1, program) == 0;
}

__attribute__((constructor)) static void share_counts(void)
{
	const char *path = getenv("MALLOC_COUNT_FILE");
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;

	if (!is_wanted()) {
		return;
	}
	if (fd < 0 || ftruncate(fd, sizeof(struct counts)) < 0) {
		_exit(3);
	}
	void *memory = mmap(NULL, sizeof(struct counts), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED) {
		_exit(3);
	}
	close(fd);
	counts = memory;
}

static void count(size_t size, const void *place)
{
	uint_fast64_t n = atomic_fetch_add(&counts->allocations, 1);

	atomic_fetch_add(&counts->bytes, size);
	atomic_store(&counts->places[n % PLACES], (uintptr_t)place);
}

void *malloc(size_t size)
{
	count(size, __builtin_return_address(0));
	return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	count(n * size, __builtin_return_address(0));
	return __libc_calloc(n, size);
}

void *realloc(void *pointer, size_t size)
{
	count(size, __builtin_return_address(0));
	return __libc_realloc(pointer, size);
}

void *reallocarray(void *pointer, size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	count(bytes, __builtin_return_address(0));
	return __libc_realloc(pointer, bytes);
}

void *memalign(size_t alignment, size_t size)
{
	count(size, __builtin_return_address(0));
	return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	count(size, __builtin_return_address(0));
	return __libc_memalign(alignment, size);
}

int posix_memalign(void **ret_pointer, size_t alignment, size_t size)
{
	count(size, __builtin_return_address(0));
	void *pointer = __libc_memalign(alignment, size);
	if (!pointer) {
		return ENOMEM;
	}
	*ret_pointer = pointer;
	return 0;
}
