/*
 * The terminal as a full screen. It runs in a child process: whatever ends that, a signal too, the
 * parent leaves the terminal as it was before. One thread.
 */
#ifndef TOP_SCREEN_H
#define TOP_SCREEN_H

#include <stdbool.h>
#include <stdint.h>

#include "top/canvas.h"
#include "util/error.h"

struct screen_source {
	/* Fills a blank canvas of the size of the terminal. */
	void (*draw)(void *data, struct canvas *canvas);
	/* Called every interval, before draw. */
	void (*update)(void *data);
	void *data;
};

/*
 * Shows the source until q or a signal: SIGINT, SIGTERM and SIGHUP end it as q does. 0; -ENOTTY
 * when this is not a terminal that can be used; -ECHILD when another signal ended the child;
 * another negative errno. With err.
 */
int screen_run(const struct screen_source *source, uint64_t interval_ns, struct error *err);

/* Whether text in the locale that the program was started in may have block characters. */
bool screen_has_blocks(void);

#endif
