/* What the files of the cgroup share. */
#ifndef SIMULATE_GROUP_IMPL_H
#define SIMULATE_GROUP_IMPL_H

#include "simulate/group.h"

#define GROUP_PREFIX "twinlens-simulate-" /* then the process that made it */
#define GROUP_INNER  "/command"           /* below a scope */
#define GROUP_KEEPER "/../keeper"         /* of the process that cleans up, beside it */

/*
 * Writes the path of a file of the cgroup to path (PATH_MAX bytes); folder is "" or one below it,
 * with the slash. 0 or -ENAMETOOLONG.
 */
int group_file(const struct group *group, const char *folder, const char *name, char *path);

#endif
