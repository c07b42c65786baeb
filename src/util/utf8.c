#include "util/utf8.h"

#include <stdint.h>

size_t utf8_printable(const char *text)
{
	static const uint32_t minimum[] = {0xa0, 0x800, 0x10000}; /* of n bytes, at n - 2 */
	const unsigned char *c = (const unsigned char *)text;

	if (*c < 0x80) {
		return *c >= 0x20 && *c != 0x7f;
	}
	if (*c < 0xc2 || *c > 0xf4) {
		return 0;
	}
	size_t n = *c >= 0xf0 ? 4 : *c >= 0xe0 ? 3 : 2;
	uint32_t point = *c & (0x7fU >> n);
	for (size_t i = 1; i < n; i++) {
		if ((c[i] & 0xc0) != 0x80) {
			return 0; /* also at the NUL of a cut text */
		}
		point = point << 6 | (c[i] & 0x3fU);
	}
	if (point < minimum[n - 2] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) {
		return 0;
	}
	return n;
}

bool utf8_is_printable(const char *text)
{
	size_t n;

	while ((n = utf8_printable(text)) > 0) {
		text += n;
	}
	return *text == '\0';
}
