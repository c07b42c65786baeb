/* What the files of the profile share. */
#ifndef TUNE_PROFILE_IMPL_H
#define TUNE_PROFILE_IMPL_H

#include <stddef.h>

#include "tune/profile.h"

#define PROFILE_KEY_LETTERS "abcdefghijklmnopqrstuvwxyz0123456789_-"

/* Those that come with the program: data/profiles/, embedded when it is built. */
struct profile_text {
	const char *name; /* "guide" */
	const char *text;
	size_t size;
};

extern const struct profile_text profile_texts[];
extern const size_t n_profile_texts;

/* Copies a text that must not be empty. 0; -EINVAL with err when it has no place in target. */
int profile_copy(char *target, size_t size, const char *value, struct error *err);

/* A line of [sysctl]. 0, or -EINVAL with err. */
int profile_set_sysctl(
	struct profile *profile, const char *key, const char *value, struct error *err);

#endif
