/* The log of a soak, for people: lines with the time in UTC. */
#ifndef SOAK_LOG_H
#define SOAK_LOG_H

#include <stdio.h>

/* Writes a line. What cannot be written, on a full disk, is lost. */
void soak_log_note(FILE *log, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
