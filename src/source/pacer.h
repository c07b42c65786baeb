/*
 * Ticks at a fixed rate for sources that make their own frames. The times are absolute, so they do
 * not drift; ticks that were missed are skipped, not caught up.
 */
#ifndef SOURCE_PACER_H
#define SOURCE_PACER_H

#include <stdint.h>

/* A descriptor that is readable at each tick, the first one at once. For close(). Negative errno.
 */
int pacer_open(uint32_t fps);

/* 0: a tick has come; -EAGAIN: not yet; another negative errno. */
int pacer_take(int fd);

#endif
