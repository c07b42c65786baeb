/*
 * Takes samples on a thread of its own: asking the server blocks, and nothing may delay the viewers
 * meanwhile.
 */
#ifndef SOAK_SAMPLER_H
#define SOAK_SAMPLER_H

#include "soak/probe.h"

struct soak_sampler;

/* The first sample is taken at once, then one each interval. 0 or a negative errno with err. */
int soak_sampler_start(struct soak_sampler **ret_sampler, const struct url *url,
	uint64_t interval_ns, struct error *err);

/*
 * Takes the sample that was taken last, once. Returns false when there is no new one. ret_err: why
 * the server did not answer, or "". ret_fps_target: as in struct probe.
 */
bool soak_sampler_take(struct soak_sampler *sampler, struct soak_sample *ret_sample,
	double *ret_fps_target, struct error *ret_err);

/* Waits for the thread, which may take two seconds. NULL is allowed. Returns NULL. */
struct soak_sampler *soak_sampler_stop(struct soak_sampler *sampler);

#endif
