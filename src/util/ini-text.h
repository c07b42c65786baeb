/* INI text, strictly: whatever is not [section], KEY = VALUE or ; comment is an error. */
#ifndef UTIL_INI_TEXT_H
#define UTIL_INI_TEXT_H

#include <stddef.h>

#include "util/error.h"

struct ini_text_handler {
	/* Both: 0, or -EINVAL with reason saying what is allowed; the parser names line and key. */
	int (*enter)(void *user, unsigned line, const char *section, struct error *reason);
	int (*set)(void *user, unsigned line, const char *key, const char *value,
		struct error *reason);
};

/*
 * Calls handler for each section and key. name is of the file, for messages. 0; -EINVAL with err
 * naming file, line and key; -ENOMEM.
 */
int ini_text_parse(const char *text, size_t size, const char *name,
	const struct ini_text_handler *handler, void *user, struct error *err);

#endif
