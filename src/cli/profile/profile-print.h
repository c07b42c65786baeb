/* What `twinlens profile` says on the terminal. */
#ifndef CLI_PROFILE_PROFILE_PRINT_H
#define CLI_PROFILE_PROFILE_PRINT_H

#include "profile/profile.h"

/* As far as it was measured. Writes to stdout, and what is lacking to stderr. */
void profile_print(const struct profile *profile);

#endif
