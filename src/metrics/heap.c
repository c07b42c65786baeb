#include "metrics/heap.h"

#include <malloc.h>

uint64_t heap_in_use_bytes(void)
{
	struct mallinfo2 info = mallinfo2();

	return (uint64_t)info.uordblks + info.hblkhd;
}

uint64_t heap_free_bytes(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.fordblks > info.keepcost ? info.fordblks - info.keepcost : 0;
}
