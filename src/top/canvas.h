/*
 * A rectangle of characters with styles: what is drawn, apart from how a terminal shows it. Text is
 * UTF-8; each character takes one column. What lies outside is left out.
 */
#ifndef TOP_CANVAS_H
#define TOP_CANVAS_H

#include <stddef.h>
#include <stdio.h>

#define CANVAS_COLUMNS_MAX 400
#define CANVAS_ROWS_MAX    200

enum canvas_style {
	CANVAS_STYLE_NORMAL,
	CANVAS_STYLE_TITLE,
	CANVAS_STYLE_FAINT,
	CANVAS_STYLE_GOOD,
	CANVAS_STYLE_WARNING,
	CANVAS_STYLE_BAD,
	CANVAS_STYLE_ANONYMOUS, /* the kinds of memory */
	CANVAS_STYLE_KERNEL,
	CANVAS_STYLE_DRIVERS,
	CANVAS_STYLE_ZRAM,
	CANVAS_STYLE_CACHE,
	CANVAS_STYLE_COUNT,
};

struct canvas_cell {
	char text[5]; /* one character, NUL-terminated; "" is a blank */
	unsigned char style;
};

struct canvas {
	int rows, columns;
	struct canvas_cell cells[CANVAS_ROWS_MAX][CANVAS_COLUMNS_MAX];
};

/* Blank, of this size; larger than the maximum is cut. */
void canvas_init(struct canvas *canvas, int rows, int columns);

/* Writes text from a cell on, up to the right edge. Returns the column behind it. */
int canvas_print(struct canvas *canvas, int row, int column, enum canvas_style style,
	const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Writes as lines, without styles and without blanks at the ends. 0, or -EIO. */
int canvas_write(const struct canvas *canvas, FILE *out);

#endif
