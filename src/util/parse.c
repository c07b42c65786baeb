#include "util/parse.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "util/clock.h"

#define DIMENSION_MAX 16384

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Reads digits up to the first other character. */
static int parse_digits(const char *text, const char **ret_end, uint64_t *ret_value)
{
	uint64_t value = 0;

	if (!is_digit(*text)) {
		return -EINVAL;
	}
	for (; is_digit(*text); text++) {
		if (__builtin_mul_overflow(value, 10ULL, &value) ||
			__builtin_add_overflow(value, (uint64_t)(*text - '0'), &value)) {
			return -ERANGE;
		}
	}
	*ret_end = text;
	*ret_value = value;
	return 0;
}

int parse_u64(const char *text, uint64_t min, uint64_t max, uint64_t *ret_value)
{
	const char *end;
	uint64_t value;
	int r = parse_digits(text, &end, &value);

	if (r < 0) {
		return r;
	}
	if (*end) {
		return -EINVAL;
	}
	if (value < min || value > max) {
		return -ERANGE;
	}
	*ret_value = value;
	return 0;
}

struct number_unit {
	const char *suffix;
	uint64_t factor;
};

static int parse_with_unit(
	const char *text, const struct number_unit *units, size_t n_units, uint64_t *ret_value)
{
	const char *end;
	uint64_t value;
	int r = parse_digits(text, &end, &value);

	if (r < 0) {
		return r;
	}
	for (size_t i = 0; i < n_units; i++) {
		if (strcmp(end, units[i].suffix) != 0) {
			continue;
		}
		if (__builtin_mul_overflow(value, units[i].factor, &value)) {
			return -ERANGE;
		}
		*ret_value = value;
		return 0;
	}
	if (value == 0 && *end == '\0') {
		*ret_value = 0;
		return 0;
	}
	return -EINVAL;
}

int parse_size(const char *text, uint64_t *ret_bytes)
{
	static const struct number_unit units[] = {
		{"", 1}, {"K", 1ULL << 10}, {"M", 1ULL << 20}, {"G", 1ULL << 30}};

	return parse_with_unit(text, units, sizeof(units) / sizeof(units[0]), ret_bytes);
}

int parse_duration(const char *text, uint64_t *ret_ns)
{
	static const struct number_unit units[] = {{"ms", NSEC_PER_MSEC}, {"s", NSEC_PER_SEC},
		{"m", 60 * NSEC_PER_SEC}, {"h", 3600 * NSEC_PER_SEC}, {"d", 86400 * NSEC_PER_SEC}};

	return parse_with_unit(text, units, sizeof(units) / sizeof(units[0]), ret_ns);
}

int parse_dimensions(const char *text, uint32_t *ret_width, uint32_t *ret_height)
{
	const char *end;
	uint64_t width, height;
	int r = parse_digits(text, &end, &width);

	if (r == 0) {
		r = *end == 'x' ? parse_digits(end + 1, &end, &height) : -EINVAL;
	}
	if (r < 0) {
		return r;
	}
	if (*end) {
		return -EINVAL;
	}
	if (width < 1 || width > DIMENSION_MAX || height < 1 || height > DIMENSION_MAX) {
		return -ERANGE;
	}
	*ret_width = (uint32_t)width;
	*ret_height = (uint32_t)height;
	return 0;
}
