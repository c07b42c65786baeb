/* Letters of 5 x 7 dots: digits, capitals and the signs that names, times and sizes take. */
#ifndef SOURCE_SYNTHETIC_FONT_H
#define SOURCE_SYNTHETIC_FONT_H

#include <stdint.h>

#define FONT_WIDTH  5
#define FONT_HEIGHT 7

/*
 * The rows of a letter, from the top; bit 4 is its leftmost dot. Small letters are drawn as
 * capitals, what is not there as a blank.
 */
const uint8_t *synthetic_font_rows(char letter);

#endif
