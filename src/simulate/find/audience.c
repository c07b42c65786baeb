#include "simulate/find/audience.h"

#include <errno.h>
#include <stdlib.h>

#include "client/crowd.h"
#include "util/cleanup.h"
#include "util/clock.h"

#define OPEN_TIMEOUT_NS (5 * NSEC_PER_SEC)
#define AGE_QUANTILE    0.99

struct audience {
	struct endpoint endpoint;
	struct crowd_options options;
	struct crowd crowd;
	uint64_t begun_ns;
};

int audience_new(
	const char *text, unsigned n_viewers, struct audience **ret_probe, struct error *err)
{
	struct url url;
	int r = url_parse(text, &url, err);

	if (r < 0) {
		return r;
	}
	_cleanup_free_ struct audience *audience = calloc(1, sizeof(*audience));
	if (!audience) {
		return error_set(err, -ENOMEM, "%s", error_name(-ENOMEM));
	}
	r = endpoint_init(&audience->endpoint, &url, STREAM_PROTOCOL, err);
	if (r < 0) {
		return r;
	}
	audience->options = (struct crowd_options){.endpoints = &audience->endpoint,
		.n_endpoints = 1,
		.n_viewers = n_viewers,
		.open_timeout_ns = OPEN_TIMEOUT_NS};
	*ret_probe = take_ptr(audience);
	return 0;
}

struct audience *audience_free(struct audience *audience)
{
	if (audience) {
		audience_disconnect(audience);
		free(audience);
	}
	return NULL;
}

int audience_connect(struct audience *audience)
{
	audience_disconnect(audience);
	return crowd_init(&audience->crowd, &audience->options);
}

void audience_disconnect(struct audience *audience)
{
	crowd_done(&audience->crowd);
	audience->crowd = (struct crowd){0};
}

int audience_turn(struct audience *audience, int timeout_ms)
{
	int r = crowd_turn(&audience->crowd, timeout_ms);

	return r < 0 ? r : 0;
}

bool audience_is_watching(const struct audience *audience)
{
	const struct crowd *crowd = &audience->crowd;

	return crowd->n_open == crowd->n_viewers && crowd->n_waiting == 0;
}

bool audience_has_lost(const struct audience *audience)
{
	return audience->crowd.n_lost > 0;
}

void audience_begin(struct audience *audience)
{
	audience->begun_ns = clock_now_ns();
	crowd_begin(&audience->crowd);
}

/* A camera that came to one viewer is one that every viewer asked for. */
static double lowest_rate(const struct crowd *crowd, unsigned camera, double seconds)
{
	double lowest = -1;

	for (unsigned i = 0; i < crowd->n_viewers; i++) {
		const struct track *track = crowd->viewers[i].tracks[camera];
		double rate = track ? track->frames / seconds : 0;
		lowest = lowest < 0 || rate < lowest ? rate : lowest;
	}
	return lowest;
}

void audience_read(struct audience *audience, struct audience_result *ret_result)
{
	struct crowd *crowd = &audience->crowd;
	struct audience_result result = {.fps = -1};

	crowd_settle(crowd);
	double seconds = clock_to_seconds(clock_now_ns() - audience->begun_ns);
	for (unsigned i = 0; i < VIEWER_CAMERAS_MAX && seconds > 0; i++) {
		const struct loglinear *ages = &crowd->shared.ages[i].on_screen;
		if (!ages->buckets) {
			continue;
		}
		double rate = lowest_rate(crowd, i, seconds);
		uint64_t age_ns = (uint64_t)loglinear_quantile(ages, AGE_QUANTILE);
		result.fps = result.fps < 0 || rate < result.fps ? rate : result.fps;
		result.age_ns = age_ns > result.age_ns ? age_ns : result.age_ns;
	}
	result.fps = result.fps < 0 ? 0 : result.fps;
	*ret_result = result;
}
