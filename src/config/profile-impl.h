/* The profiles that come with the program: data/profiles/, embedded when it is built. */
#ifndef CONFIG_PROFILE_IMPL_H
#define CONFIG_PROFILE_IMPL_H

#include <stddef.h>

struct profile_text {
	const char *name; /* "guide" */
	const char *text;
	size_t size;
};

extern const struct profile_text profile_texts[];
extern const size_t n_profile_texts;

#endif
