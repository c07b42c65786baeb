#include "top/canvas.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

void canvas_init(struct canvas *canvas, int rows, int columns)
{
	memset(canvas, 0, sizeof(*canvas));
	canvas->rows = rows < CANVAS_ROWS_MAX ? rows : CANVAS_ROWS_MAX;
	canvas->columns = columns < CANVAS_COLUMNS_MAX ? columns : CANVAS_COLUMNS_MAX;
}

/* The bytes of the character that text begins with; 1 for what is not UTF-8. */
static size_t character_size(const char *text)
{
	unsigned char first = (unsigned char)text[0];
	size_t size = first < 0x80    ? 1
		      : first >= 0xf0 ? 4
		      : first >= 0xe0 ? 3
		      : first >= 0xc0 ? 2
				      : 1;

	return strnlen(text, size) == size ? size : 1;
}

int canvas_print(struct canvas *canvas, int row, int column, enum canvas_style style,
	const char *format, ...)
{
	char text[CANVAS_COLUMNS_MAX * 4];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	for (const char *next = text; *next; column++) {
		size_t size = character_size(next);
		if (row >= 0 && row < canvas->rows && column >= 0 && column < canvas->columns) {
			struct canvas_cell *cell = &canvas->cells[row][column];
			*cell = (struct canvas_cell){.style = (unsigned char)style};
			memcpy(cell->text, next, size);
		}
		next += size;
	}
	return column;
}

static int last_column(const struct canvas *canvas, int row)
{
	int last = canvas->columns;

	while (last > 0 && (canvas->cells[row][last - 1].text[0] == '\0' ||
				   strcmp(canvas->cells[row][last - 1].text, " ") == 0)) {
		last--;
	}
	return last;
}

int canvas_write(const struct canvas *canvas, FILE *out)
{
	for (int row = 0; row < canvas->rows; row++) {
		int last = last_column(canvas, row);
		for (int column = 0; column < last; column++) {
			const char *text = canvas->cells[row][column].text;
			fputs(text[0] ? text : " ", out);
		}
		fputc('\n', out);
	}
	return ferror(out) ? -EIO : 0;
}
