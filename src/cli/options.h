/* What the verbs say about options that getopt_long(3) does not take. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

/*
 * option: what getopt_long returned, '?' or ':', for a string of short options that begins with
 * ':', so that it prints nothing itself. Logs one line, which names the option, and where the right
 * ones are listed. Returns EXIT_STATUS_USAGE.
 */
int options_refuse(int option, char **argv);

#endif
