/*
 * A page of a file is charged to the cgroup that read it first: what other programs map, too, such
 * as the C library, a cgroup may have for nothing. A board on which nothing else maps it has to
 * have it.
 */
#ifndef SIMULATE_SHARED_H
#define SIMULATE_SHARED_H

#include <stdint.h>

#include "simulate/group.h"

/*
 * What the processes of the cgroup map of files and is charged to others; of what several processes
 * map, their share (PSS). 0 when that cannot be read.
 */
uint64_t shared_read(const struct group *group);

#endif
