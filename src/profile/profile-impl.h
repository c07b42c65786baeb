/* The parts of a profile, in the order in which they are done. All return as profile_run does. */
#ifndef PROFILE_PROFILE_IMPL_H
#define PROFILE_PROFILE_IMPL_H

#include "profile/log-file.h"
#include "profile/profile.h"
#include "profile/tool.h"

int profile_work(struct profile *profile, uint64_t time_ns, struct error *err);
int profile_memory(struct profile *profile, struct error *err);
int profile_functions(struct profile *profile, uint64_t time_ns, struct error *err);
int profile_calls(struct profile *profile, uint64_t time_ns, struct error *err);

/* Notes a line for the summary. 0 or -ENOMEM with the reason. */
int profile_note(struct profile *profile, struct error *err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Commits a log, and lists it. */
int profile_commit(struct profile *profile, struct log_file *log, struct error *err);

/* Appends what a tool wrote to a log. */
int profile_append(
	struct profile *profile, struct log_file *log, const char *name, struct error *err);

#endif
