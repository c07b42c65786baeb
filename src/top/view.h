/* Draws a model on a canvas. Pure. */
#ifndef TOP_VIEW_H
#define TOP_VIEW_H

#include "top/canvas.h"
#include "top/model.h"

struct view_options {
	bool has_blocks; /* the terminal shows the block characters of Unicode */
	double interval_s;
	const char *host; /* the name of this machine */
	const char *time; /* now, for the title */
};

/* Fills the canvas; what does not fit below is left out and said so. */
void view_draw(
	const struct model *model, const struct view_options *options, struct canvas *canvas);

#endif
