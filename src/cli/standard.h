/* The standard descriptors of a program: open at the start, and written to the end. */
#ifndef CLI_STANDARD_H
#define CLI_STANDARD_H

/*
 * Opens those of standard input, output and error that are closed on /dev/null: else the first
 * files that are opened take their places, and what is printed goes into them. 0 or -EBADF.
 */
int standard_open(void);

/*
 * Flushes standard output. Returns status, or EXIT_STATUS_FAILED, with a line on stderr, when
 * status is EXIT_STATUS_DONE and not everything could be written.
 */
int standard_flush(int status);

#endif
