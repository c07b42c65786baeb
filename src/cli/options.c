#include "cli/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cli/verb.h"
#include "util/error.h"
#include "util/log.h"

int options_refuse(int option, char **argv)
{
	const char letter[] = {'-', (char)optopt, '\0'};
	const char *word = argv[optind - 1];
	const char *reason = "unknown or ambiguous option";
	struct error err;

	if (option == ':') {
		reason = "needs a value";
	} else if (optopt != 0 && strncmp(word, "--", 2) == 0 && strchr(word, '=')) {
		reason = "takes no value";
	} else if (optopt != 0) {
		word = letter;
	}
	error_set(&err, -EINVAL, "%s: %s: %s; see twinlens %s --help", verb_name, word, reason,
		verb_name);
	log_error("%s", err.text);
	return EXIT_STATUS_USAGE;
}
