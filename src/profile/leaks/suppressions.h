/* data/twinlens-serve.supp, which the build puts into the program. */
#ifndef PROFILE_LEAKS_SUPPRESSIONS_H
#define PROFILE_LEAKS_SUPPRESSIONS_H

extern const char suppressions_text[];

#endif
