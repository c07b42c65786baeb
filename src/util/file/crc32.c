#include "util/file/crc32.h"

/* Bit by bit: what it is used for is some kilobytes, and a table would be a kilobyte by itself. */
uint32_t crc32_of(const void *data, size_t size)
{
	const uint8_t *bytes = data;
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < size; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++) {
			crc = crc >> 1 ^ (crc & 1 ? UINT32_C(0xedb88320) : 0);
		}
	}
	return ~crc;
}
