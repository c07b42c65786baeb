/* A program that writes inputs for a fuzzer to begin with: seed.c has its main. */
#ifndef FUZZ_SEED_H
#define FUZZ_SEED_H

#include <stddef.h>

/* Of each such program: calls seed_write for all of its inputs. 0, or -1 as soon as one failed. */
int seed_write_all(const char *folder);

/* 0, or -1 when it has told why. */
int seed_write(const char *folder, const void *data, size_t size);

#endif
