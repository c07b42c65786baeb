#include "client/viewer.h"

#include <errno.h>
#include <stdlib.h>

#include "util/clock.h"

int viewer_shared_init(struct viewer_shared *shared)
{
	*shared = (struct viewer_shared){.begun_ns = clock_now_ns()};
	shared->buffer = malloc(VIEWER_READ_MAX);
	if (!shared->buffer || loglinear_init(&shared->lag, &loglinear_fine) < 0) {
		viewer_shared_done(shared);
		return -ENOMEM;
	}
	return 0;
}

void viewer_shared_done(struct viewer_shared *shared)
{
	for (unsigned i = 0; i < VIEWER_CAMERAS_MAX; i++) {
		ages_done(&shared->ages[i]);
	}
	loglinear_done(&shared->lag);
	free(shared->buffer);
	*shared = (struct viewer_shared){0};
}

void viewer_shared_begin(struct viewer_shared *shared, uint64_t now_ns)
{
	shared->begun_ns = now_ns;
	shared->bytes = 0;
	loglinear_clear(&shared->lag);
	for (unsigned i = 0; i < VIEWER_CAMERAS_MAX; i++) {
		ages_clear(&shared->ages[i]);
	}
}
