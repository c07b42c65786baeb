/* twinlens profile leaks. */
#ifndef CLI_PROFILE_PROFILE_LEAKS_H
#define CLI_PROFILE_PROFILE_LEAKS_H

#include <stdint.h>

/*
 * folder: absolute, is there. Returns an enum exit_status; when it is not EXIT_STATUS_DONE, stderr
 * has said why.
 */
int profile_leaks(const char *folder, uint64_t duration_ns);

#endif
