/* The executables of the verbs lie in one folder, the front's or the verbs' own. */
#ifndef UTIL_BESIDE_H
#define UTIL_BESIDE_H

#include <limits.h>

/* The program of a verb beside this one. 0; -ENOENT; another negative errno. */
int beside_find(const char *verb, char path[PATH_MAX]);

#endif
