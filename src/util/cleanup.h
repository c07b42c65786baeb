/* Scope-bound release of resources and transfer of ownership. */
#ifndef UTIL_CLEANUP_H
#define UTIL_CLEANUP_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Runs func(&variable) when the variable leaves its scope. */
#define _cleanup_(func) __attribute__((cleanup(func)))

/* Hands the pointer on and leaves NULL behind, so that a cleanup attribute no longer frees it. */
#define take_ptr(p)                                                                                \
	({                                                                                         \
		__typeof__(p) taken_ = (p);                                                        \
		(p) = NULL;                                                                        \
		taken_;                                                                            \
	})

/* Hands the descriptor on and leaves -1 behind. */
#define take_fd(fd)                                                                                \
	({                                                                                         \
		int taken_ = (fd);                                                                 \
		(fd) = -1;                                                                         \
		taken_;                                                                            \
	})

/* Closes a descriptor unless it is negative; keeps errno. Returns -1 for assignment. */
int close_fd(int fd);

void cleanup_close(int *fd);
void cleanup_file(FILE **file);
void cleanup_folder(DIR **folder);
void cleanup_free(void *pointer);

#define _cleanup_free_   _cleanup_(cleanup_free)
#define _cleanup_close_  _cleanup_(cleanup_close)
#define _cleanup_file_   _cleanup_(cleanup_file)
#define _cleanup_folder_ _cleanup_(cleanup_folder)

#endif
