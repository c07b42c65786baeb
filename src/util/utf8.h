/* UTF-8: what JSON and WebSocket text may hold. */
#ifndef UTIL_UTF8_H
#define UTIL_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The number of bytes of the character that the NUL-terminated text begins with; 0 when it begins
 * with none, or with a control character. Overlong forms, surrogates and what is beyond U+10FFFF
 * are none.
 */
size_t utf8_printable(const char *text);

/* Whether the whole text is made of such characters. */
bool utf8_is_printable(const char *text);

#endif
