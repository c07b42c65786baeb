#include "serve/budget.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>

#include "camera/camera.h"
#include "server/server.h"
#include "util/log.h"

/* Program, libraries and their heap as measured after start, rounded up. */
#define BASE_BYTES ((size_t)6 << 20)

#define MIB (1024.0 * 1024.0)

int budget_check(const struct config *config, size_t *ret_spare_bytes, struct error *err)
{
	size_t cameras = 0;
	size_t server = server_worst_bytes(config);

	assert(config->n_cameras > 0);
	for (size_t i = 0; i < config->n_cameras; i++) {
		cameras += camera_worst_bytes(&config->cameras[i], &config->frames);
	}
	size_t sum = BASE_BYTES + cameras + server;
	char text[ERROR_TEXT_MAX];
	snprintf(text, sizeof(text),
		"memory in the worst case: %.1f MiB = program %.1f + %zu camera%s %.1f + %u "
		"viewer%s"
		" %.1f, of a budget of %.1f MiB",
		(double)sum / MIB, (double)BASE_BYTES / MIB, config->n_cameras,
		config->n_cameras == 1 ? "" : "s", (double)cameras / MIB,
		config->server.max_viewers, config->server.max_viewers == 1 ? "" : "s",
		(double)server / MIB, (double)config->memory_budget / MIB);
	if (sum > config->memory_budget) {
		return error_set(err, -E2BIG,
			"%s; raise memory.budget, or lower server.max_viewers, server.send_buffer,"
			" frames.max_frame or frames.pool_blocks",
			text);
	}
	log_info("%s", text);
	*ret_spare_bytes = (config->memory_budget - sum) / config->n_cameras;
	return 0;
}
