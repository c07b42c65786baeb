#include "profile/leaks/leak-text.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define SUMMARY   "LEAK SUMMARY:"
#define ALL_FREED "All heap blocks were freed"

static const struct line {
	const char *name;
	size_t offset;
} lines[] = {
	{"definitely lost:", offsetof(struct leak_counts, definite)},
	{"indirectly lost:", offsetof(struct leak_counts, indirect)},
	{"possibly lost:", offsetof(struct leak_counts, possible)},
	{"still reachable:", offsetof(struct leak_counts, reachable)},
	{"suppressed:", offsetof(struct leak_counts, suppressed)},
};

static const char *find_last(const char *text, const char *what)
{
	const char *last = NULL;

	for (const char *at = strstr(text, what); at; at = strstr(at + 1, what)) {
		last = at;
	}
	return last;
}

/* "  1,234 (+56) bytes": digits in groups of three. */
static bool parse_number(const char *text, uint64_t *ret_value)
{
	uint64_t value = 0;

	text += strspn(text, " ");
	if (!isdigit((unsigned char)*text)) {
		return false;
	}
	for (; isdigit((unsigned char)*text) || *text == ','; text++) {
		if (*text != ',' &&
			(__builtin_mul_overflow(value, 10, &value) ||
				__builtin_add_overflow(value, (uint64_t)(*text - '0'), &value))) {
			return false;
		}
	}
	*ret_value = value;
	return true;
}

int leak_counts_parse(const char *text, struct leak_counts *ret_counts)
{
	const char *summary = find_last(text, SUMMARY), *freed = find_last(text, ALL_FREED);
	struct leak_counts counts = {0};

	if (!summary && !freed) {
		return -ENOENT;
	}
	if (!summary || (freed && freed > summary)) {
		*ret_counts = counts;
		return 0;
	}
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		const char *line = strstr(summary, lines[i].name);
		uint64_t *value = (uint64_t *)((char *)&counts + lines[i].offset);
		if (!line || !parse_number(line + strlen(lines[i].name), value)) {
			return -EINVAL;
		}
	}
	*ret_counts = counts;
	return 0;
}

int leak_errors_parse(const char *text, uint64_t *ret_errors)
{
	static const char what[] = "ERROR SUMMARY:";
	const char *line = find_last(text, what);

	return line && parse_number(line + strlen(what), ret_errors) ? 0 : -ENOENT;
}

/* The first line of each "{ ... }" that is not a comment. */
int leak_suppressions_parse(const char *text, struct names *ret_names)
{
	struct names names = {0};
	bool is_next = false;
	char name[128];

	for (const char *line = text; *line;) {
		size_t length = strcspn(line, "\n");
		const char *begin = line + strspn(line, " \t");
		int used = (int)(line + length > begin ? line + length - begin : 0);
		if (used > 0 && *begin == '{') {
			is_next = true;
		} else if (is_next && used > 0 && *begin != '#') {
			snprintf(name, sizeof(name), "%.*s", used, begin);
			if (names_add(&names, name) < 0) {
				names_done(&names);
				return -ENOMEM;
			}
			is_next = false;
		}
		line += length + (line[length] == '\n');
	}
	*ret_names = names;
	return 0;
}

/* "==123== used_suppression:      2 NAME /path/file.supp:3" */
bool leak_suppression_is_used(const char *text, const char *name)
{
	static const char what[] = "used_suppression:";
	size_t length = strlen(name);

	for (const char *at = strstr(text, what); at; at = strstr(at + 1, what)) {
		const char *found = at + strlen(what);
		found += strspn(found, " 0123456789");
		if (strncmp(found, name, length) == 0 && found[length] == ' ') {
			return true;
		}
	}
	return false;
}
