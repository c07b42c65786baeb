/* CRC-32 as in IEEE 802.3, zlib and PNG: finds torn and damaged records, not forged ones. */
#ifndef UTIL_FILE_CRC32_H
#define UTIL_FILE_CRC32_H

#include <stddef.h>
#include <stdint.h>

uint32_t crc32_of(const void *data, size_t size);

#endif
