/* Preloaded into a program, it takes 220 MiB of memory at the start: one that is over its budget.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define HOG_BYTES ((size_t)220 << 20)

static void *volatile held;

__attribute__((constructor)) static void take(void)
{
	void *memory = malloc(HOG_BYTES);

	if (!memory) {
		abort();
	}
	memset(memory, 1, HOG_BYTES);
	held = memory;
}
