/* main() of every verb. */
#include <stdio.h>

#include "cli/standard.h"
#include "cli/verb.h"

int main(int argc, char **argv)
{
	char title[64];

	if (standard_open() < 0 || argc < 1) {
		return EXIT_STATUS_LACKING;
	}
	snprintf(title, sizeof(title), "twinlens %s", verb_name);
	argv[0] = title;
	return standard_flush(verb_run(argc, argv));
}
