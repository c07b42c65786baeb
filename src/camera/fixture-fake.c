#include "camera/fixture-fake.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>

#include "encode/encoder.h"
#include "source/source.h"
#include "util/clock.h"

#define FRAMES_MAX 8

static struct frame frames[FRAMES_MAX];
static uint8_t memory[FRAMES_MAX][FRAME_HEADROOM + 64];
atomic_uint frames_out;
struct script script = {.lock = PTHREAD_MUTEX_INITIALIZER, .fd = -1};

struct source {
	int unused;
};

struct encoder {
	struct frame_pool *pool;
};

int source_new(const struct camera_spec *spec, const char *name, unsigned buffers, size_t max_frame,
	struct source **ret_source)
{
	(void)spec;
	(void)name;
	(void)buffers;
	(void)max_frame;
	*ret_source = calloc(1, sizeof(**ret_source));
	return 0;
}

void source_limit_memory(struct source *source, size_t bytes)
{
	(void)source;
	(void)bytes;
}

struct source *source_free(struct source *source)
{
	free(source);
	return NULL;
}

int source_start(struct source *source, struct source_info *ret_info, struct error *err)
{
	(void)source;
	pthread_mutex_lock(&script.lock);
	unsigned n = script.n_starts;
	if (n < STARTS_MAX) {
		script.started_ns[n] = clock_now_ns();
	}
	script.n_starts = n + 1;
	int r = script.start_result;
	*ret_info = (struct source_info){script.format, 640, 480, 30};
	pthread_mutex_unlock(&script.lock);
	return r < 0 ? error_set(err, r, "fake: cannot start") : 0;
}

int source_get_fd(struct source *source)
{
	(void)source;
	return script.fd;
}

static void give_back(struct frame *frame)
{
	(void)frame;
	atomic_fetch_sub(&frames_out, 1);
}

int source_read(struct source *source, struct frame **ret_frame, struct error *err)
{
	(void)source;
	eventfd_t ignored;
	if (eventfd_read(script.fd, &ignored) < 0) {
		return -EAGAIN;
	}
	pthread_mutex_lock(&script.lock);
	int r = script.outcomes[script.n_read++];
	uint64_t sequence = ++script.sequence;
	pthread_mutex_unlock(&script.lock);
	if (r < 0) {
		return error_set(err, r, "fake: failed");
	}
	if (r == 0) {
		struct frame *frame = &frames[sequence % FRAMES_MAX];
		frame_init(frame, give_back);
		frame->data = memory[sequence % FRAMES_MAX] + FRAME_HEADROOM;
		frame->size = 64;
		frame->format = script.format;
		frame->sequence = sequence;
		atomic_fetch_add(&frames_out, 1);
		*ret_frame = frame;
	}
	return r;
}

void source_stop(struct source *source)
{
	(void)source;
	script.n_stops++;
}

size_t source_worst_bytes(const struct camera_spec *spec, unsigned buffers, size_t max_frame)
{
	(void)spec;
	return buffers * max_frame;
}

int encoder_new(enum pixel_format format, uint32_t width, uint32_t height, unsigned quality,
	size_t max_frame, struct frame_pool *pool, struct encoder **ret_encoder, struct error *err)
{
	(void)format;
	(void)width;
	(void)height;
	(void)quality;
	(void)max_frame;
	(void)err;
	*ret_encoder = calloc(1, sizeof(**ret_encoder));
	(*ret_encoder)->pool = pool;
	return 0;
}

struct encoder *encoder_free(struct encoder *encoder)
{
	free(encoder);
	return NULL;
}

int encoder_encode(struct encoder *encoder, struct frame *raw, struct frame **ret_jpeg)
{
	if (!encoder->pool) {
		*ret_jpeg = raw;
		return 0;
	}
	struct frame *jpeg = frame_pool_acquire(encoder->pool);
	frame_unref(raw);
	if (!jpeg) {
		return FRAME_DROP_EXHAUSTED;
	}
	jpeg->size = 1;
	*ret_jpeg = jpeg;
	return 0;
}

size_t encoder_worst_bytes(enum pixel_format format, uint32_t width)
{
	(void)format;
	(void)width;
	return 0;
}
