#include "soak/sampler.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "util/clock.h"

#define STATUS_TIMEOUT_NS (2 * NSEC_PER_SEC)

struct soak_sampler {
	struct probe probe; /* of the thread, once it runs */
	uint64_t interval_ns;
	pthread_t thread;

	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t wake;
	bool is_stopping, has_sample;
	struct soak_sample sample;
	double fps_target;
	struct error err;
};

static void publish(struct soak_sampler *sampler, const struct soak_sample *sample)
{
	pthread_mutex_lock(&sampler->lock);
	sampler->sample = *sample;
	sampler->fps_target = sampler->probe.fps_target;
	sampler->err = sampler->probe.err;
	sampler->has_sample = true;
	pthread_mutex_unlock(&sampler->lock);
}

/* Returns false when the sampler is to stop. */
static bool wait_until(struct soak_sampler *sampler, uint64_t time_ns)
{
	const struct timespec time = {.tv_sec = (time_t)(time_ns / NSEC_PER_SEC),
		.tv_nsec = (long)(time_ns % NSEC_PER_SEC)};
	int r = 0;

	pthread_mutex_lock(&sampler->lock);
	while (!sampler->is_stopping && r != ETIMEDOUT) {
		r = pthread_cond_timedwait(&sampler->wake, &sampler->lock, &time);
	}
	bool is_stopping = sampler->is_stopping;
	pthread_mutex_unlock(&sampler->lock);
	return !is_stopping;
}

static void *run(void *data)
{
	struct soak_sampler *sampler = data;
	uint64_t planned_ns = clock_now_ns();

	do {
		struct soak_sample sample;
		probe_read(&sampler->probe, STATUS_TIMEOUT_NS, &sample);
		publish(sampler, &sample);
		planned_ns += sampler->interval_ns;
		uint64_t now_ns = clock_now_ns();
		if (planned_ns < now_ns) { /* the machine slept */
			planned_ns = now_ns;
		}
	} while (wait_until(sampler, planned_ns));
	return NULL;
}

static void init_sync(struct soak_sampler *sampler)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&sampler->wake, &attributes);
	pthread_condattr_destroy(&attributes);
	pthread_mutex_init(&sampler->lock, NULL);
}

static void free_sampler(struct soak_sampler *sampler)
{
	probe_close(&sampler->probe);
	pthread_cond_destroy(&sampler->wake);
	pthread_mutex_destroy(&sampler->lock);
	free(sampler);
}

int soak_sampler_start(struct soak_sampler **ret_sampler, const struct url *url,
	uint64_t interval_ns, struct error *err)
{
	struct soak_sampler *sampler = calloc(1, sizeof(*sampler));
	if (!sampler) {
		return error_set(err, -ENOMEM, "soak: %s", error_name(-ENOMEM));
	}
	sampler->interval_ns = interval_ns;
	int r = probe_open(&sampler->probe, &sysroot_real, url, err);
	if (r < 0) {
		free(sampler);
		return r;
	}
	init_sync(sampler);
	r = -pthread_create(&sampler->thread, NULL, run, sampler);
	if (r < 0) {
		free_sampler(sampler);
		return error_set(err, r, "soak: cannot start a thread: %s", error_name(r));
	}
	*ret_sampler = sampler;
	return 0;
}

bool soak_sampler_take(struct soak_sampler *sampler, struct soak_sample *ret_sample,
	double *ret_fps_target, struct error *ret_err)
{
	pthread_mutex_lock(&sampler->lock);
	bool has_sample = sampler->has_sample;
	if (has_sample) {
		*ret_sample = sampler->sample;
		*ret_fps_target = sampler->fps_target;
		*ret_err = sampler->err;
		sampler->has_sample = false;
	}
	pthread_mutex_unlock(&sampler->lock);
	return has_sample;
}

struct soak_sampler *soak_sampler_stop(struct soak_sampler *sampler)
{
	if (!sampler) {
		return NULL;
	}
	pthread_mutex_lock(&sampler->lock);
	sampler->is_stopping = true;
	pthread_cond_signal(&sampler->wake);
	pthread_mutex_unlock(&sampler->lock);
	pthread_join(sampler->thread, NULL);
	free_sampler(sampler);
	return NULL;
}
