#include "kernel/proc-text.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

int proc_number_parse(const char **text, uint64_t *ret_value)
{
	const char *c = *text + strspn(*text, " \t");
	uint64_t value = 0;

	if (*c < '0' || *c > '9') {
		return -EINVAL;
	}
	for (; *c >= '0' && *c <= '9'; c++) {
		if (__builtin_mul_overflow(value, UINT64_C(10), &value) ||
			__builtin_add_overflow(value, (uint64_t)(*c - '0'), &value)) {
			return -ERANGE;
		}
	}
	*text = c;
	*ret_value = value;
	return 0;
}

static const struct proc_field *find_field(
	const struct proc_field *fields, size_t n_fields, const char *key, size_t length)
{
	for (size_t i = 0; i < n_fields; i++) {
		if (strncmp(fields[i].key, key, length) == 0 && fields[i].key[length] == '\0') {
			return &fields[i];
		}
	}
	return NULL;
}

/* rest is what follows the key. */
static uint64_t parse_value(const char *rest)
{
	uint64_t value;

	if (proc_number_parse(&rest, &value) < 0) {
		return PROC_ABSENT;
	}
	bool is_kib = strncmp(rest, " kB", 3) == 0;
	if ((is_kib && __builtin_mul_overflow(value, UINT64_C(1024), &value)) ||
		(!is_kib && *rest == '\0')) {
		return PROC_ABSENT;
	}
	return value;
}

static uint64_t *field_value(const struct proc_field *field, void *base)
{
	return (uint64_t *)((char *)base + field->offset);
}

size_t proc_fields_parse(
	const char *text, const struct proc_field *fields, size_t n_fields, void *ret_struct)
{
	size_t found = 0;

	for (size_t i = 0; i < n_fields; i++) {
		*field_value(&fields[i], ret_struct) = PROC_ABSENT;
	}
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		size_t length = strcspn(line, ": \t\n");
		const struct proc_field *field = find_field(fields, n_fields, line, length);
		if (!field) {
			continue;
		}
		uint64_t value = parse_value(line + length + (line[length] == ':'));
		if (value != PROC_ABSENT) {
			*field_value(field, ret_struct) = value;
			found++;
		}
	}
	return found;
}

uint64_t proc_sum(uint64_t a, uint64_t b)
{
	uint64_t sum;

	if (a == PROC_ABSENT || b == PROC_ABSENT) {
		return a == PROC_ABSENT ? b : a;
	}
	return __builtin_add_overflow(a, b, &sum) ? PROC_ABSENT : sum;
}
