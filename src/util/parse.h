/* Numbers, sizes and times as people write them. All return 0, -EINVAL (not of the form) or
 * -ERANGE. */
#ifndef UTIL_PARSE_H
#define UTIL_PARSE_H

#include <stdint.h>

/* Decimal, no sign, no blanks; min <= value <= max. */
int parse_u64(const char *text, uint64_t min, uint64_t max, uint64_t *ret_value);

/* Bytes: a decimal number with an optional K, M or G (binary: 1024, 1024^2, 1024^3). */
int parse_size(const char *text, uint64_t *ret_bytes);

/* A decimal number with ms, s, m, h or d; 0 alone is allowed. */
int parse_duration(const char *text, uint64_t *ret_ns);

/* WIDTHxHEIGHT, each 1..16384. */
int parse_dimensions(const char *text, uint32_t *ret_width, uint32_t *ret_height);

#endif
