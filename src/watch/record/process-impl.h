/* Opening and closing what belongs to one process, for process.c and process-find.c. */
#ifndef WATCH_RECORD_PROCESS_IMPL_H
#define WATCH_RECORD_PROCESS_IMPL_H

#include "watch/record/process.h"

/* Looks through /proc for processes that match a target and are not watched yet. */
void process_reader_scan(struct process_reader *reader);

/* Opens or opens again the memory file; memory_error says why it is closed. */
void watched_process_open_memory(struct watched_process *process, const struct sysroot *root);

void watched_process_close(struct watched_process *process);

#endif
