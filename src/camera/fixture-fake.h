/* A source and an encoder which do what each test asks of them. */
#ifndef CAMERA_FIXTURE_FAKE_H
#define CAMERA_FIXTURE_FAKE_H

#include <pthread.h>
#include <stdatomic.h>

#include "frame/frame.h"

#define OUTCOMES_MAX 64
#define STARTS_MAX   8

/* What the source will do; source_read takes one outcome a call. */
struct script {
	pthread_mutex_t lock;
	int start_result;
	enum pixel_format format;
	int outcomes[OUTCOMES_MAX];
	unsigned n_outcomes, n_read;
	int fd;
	atomic_uint n_starts, n_stops;
	uint64_t started_ns[STARTS_MAX];
	uint64_t sequence;
};

extern struct script script;

/* Frames that were delivered, and not released. */
extern atomic_uint frames_out;

#endif
