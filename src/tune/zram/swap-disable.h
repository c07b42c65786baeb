/* Gives up a swap area only when what is in it is proven to fit into memory. */
#ifndef TUNE_ZRAM_SWAP_DISABLE_H
#define TUNE_ZRAM_SWAP_DISABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/swap.h"

/* What giving up an area takes, and what there is for it. All in bytes. */
struct swap_fit {
	uint64_t used;       /* of the area: pages that have to go somewhere */
	uint64_t available;  /* MemAvailable */
	uint64_t compressed; /* memory that the area itself holds and gives back */
	uint64_t margin;     /* what has to stay free */
};

/* compressed_bytes: of zram's mem_used_total, 0 for a disk. 0 or a negative errno. */
int swap_fit_init(struct swap_fit *fit, const struct sysroot *root, const struct swap_area *area,
	uint64_t compressed_bytes);
bool swap_fit_holds(const struct swap_fit *fit);

/* Why swapoff(2) was ended before it had ended itself. */
enum swap_ended {
	SWAP_ENDED_LATE = 1,
	SWAP_ENDED_SHORT, /* of memory */
};

/*
 * Gives up an area: swapoff(2) in a child process, which is killed when timeout_ns is over or
 * is_short (NULL for none) says so, which is asked with data every 20 ms; the kernel then keeps the
 * area. 0; an enum swap_ended; the negative errno of swapoff(2), or of what it takes to call it.
 */
int swap_disable(const char *path, uint64_t timeout_ns, bool (*is_short)(void *data), void *data);

#endif
