/* Recorded pictures as a source, at a fixed rate and over and over. */
#include "source/replay-impl.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "frame/pool.h"
#include "jpeg/header.h"
#include "source/pacer.h"
#include "source/source-ops.h"
#include "util/cleanup.h"
#include "util/clock.h"

/* How many pictures are looked at, at the start, for one whose size is known. */
#define PROBES_MAX 16

struct replay_source {
	struct source source;
	int fd; /* the pacer, -1 while stopped */
	struct frame_pool *pool;
	const struct replay_ops *ops;
	void *recording;
	uint32_t width, height; /* of the first good picture */
	uint64_t sequence;      /* goes on over restarts */
};

static struct replay_source *from_source(struct source *source)
{
	return (struct replay_source *)source; /* its first member */
}

static int error_open(const char *path, int r, struct error *err)
{
	return error_set(err, r, "replay: %s: %s%s", path, error_name(r),
		r == -EACCES ? "; the server's user may not read it" : "");
}

static int open_recording(const char *path, const struct replay_ops **ret_ops, void **ret_recording,
	struct error *err)
{
	struct stat status;
	/* Without O_NONBLOCK a FIFO would wait for its writer. */
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0 || fstat(fd, &status) < 0) {
		return error_open(path, -errno, err);
	}
	if (S_ISDIR(status.st_mode)) {
		return replay_folder_open(take_fd(fd), path, ret_ops, ret_recording, err);
	}
	if (S_ISREG(status.st_mode)) {
		return replay_file_open(take_fd(fd), path, ret_ops, ret_recording, err);
	}
	return error_set(
		err, -EINVAL, "replay: %s: neither a folder of .jpg nor a .mjpeg file", path);
}

static void close_recording(struct replay_source *replay)
{
	if (replay->recording) {
		replay->ops->close(replay->recording);
		replay->recording = NULL;
	}
}

/*
 * Learns the pictures' size from the first ones; when none of them tells, it is what was asked for,
 * and pictures that are found later have their own. 0, or a negative errno when there is none at
 * all.
 */
static int learn_size(struct replay_source *replay, struct error *err)
{
	struct jpeg_header header;

	replay->width = replay->source.spec.width;
	replay->height = replay->source.spec.height;
	for (int i = 0; i < PROBES_MAX; i++) {
		_cleanup_(frame_unrefp) struct frame *frame = frame_pool_acquire(replay->pool);
		if (!frame) {
			return error_set(err, -ENOMEM, "replay: no free block");
		}
		int r = replay->ops->read(replay->recording, frame, err);
		if (r < 0 && r != -EAGAIN) {
			return r;
		}
		if (r == 0 && jpeg_header_read(frame->data, frame->size, &header) == 0) {
			replay->width = header.width;
			replay->height = header.height;
			break;
		}
	}
	return 0;
}

static void replay_stop(struct source *source)
{
	struct replay_source *replay = from_source(source);

	replay->fd = close_fd(replay->fd);
	close_recording(replay);
	replay->pool = frame_pool_free(replay->pool);
}

static int set_up(struct replay_source *replay, struct error *err)
{
	const struct source *source = &replay->source;
	const char *path = source->spec.target;
	int r = frame_pool_new(source->max_frame, source->buffers, &replay->pool);

	if (r < 0) {
		return error_open(path, r, err);
	}
	r = open_recording(path, &replay->ops, &replay->recording, err);
	if (r == 0) {
		r = learn_size(replay, err);
	}
	if (r == 0) {
		/* From the beginning, now that it is known to be good. */
		close_recording(replay);
		r = open_recording(path, &replay->ops, &replay->recording, err);
	}
	if (r < 0) {
		return r;
	}
	replay->fd = pacer_open(source->spec.fps);
	return replay->fd < 0 ? error_open(path, replay->fd, err) : 0;
}

static int replay_start(struct source *source, struct source_info *ret_info, struct error *err)
{
	struct replay_source *replay = from_source(source);
	int r = set_up(replay, err);

	if (r < 0) {
		replay_stop(source);
		return r;
	}
	*ret_info = (struct source_info){
		.format = PIXEL_FORMAT_MJPEG,
		.width = replay->width,
		.height = replay->height,
		.fps = source->spec.fps,
	};
	return 0;
}

static int replay_get_fd(struct source *source)
{
	return from_source(source)->fd;
}

static int replay_read(struct source *source, struct frame **ret_frame, struct error *err)
{
	struct replay_source *replay = from_source(source);
	int r = pacer_take(replay->fd);

	if (r < 0) {
		return r == -EAGAIN ? r : error_set(err, r, "replay: timer: %s", error_name(r));
	}
	uint64_t captured_ns = clock_now_ns();
	_cleanup_(frame_unrefp) struct frame *frame = frame_pool_acquire(replay->pool);
	if (!frame) {
		replay->sequence++;
		return FRAME_DROP_EXHAUSTED;
	}
	r = replay->ops->read(replay->recording, frame, err);
	replay->sequence += r >= 0 ? 1 : 0;
	if (r != 0) {
		return r;
	}
	frame->format = PIXEL_FORMAT_MJPEG;
	frame->width = replay->width;
	frame->height = replay->height;
	frame->sequence = replay->sequence;
	frame->captured_ns = captured_ns;
	*ret_frame = take_ptr(frame);
	return 0;
}

static void replay_free(struct source *source)
{
	free(from_source(source));
}

int source_replay_new(struct source **ret_source)
{
	static const struct source_ops ops = {
		.start = replay_start,
		.get_fd = replay_get_fd,
		.read = replay_read,
		.stop = replay_stop,
		.free = replay_free,
	};
	struct replay_source *replay = calloc(1, sizeof(*replay));

	if (!replay) {
		return -ENOMEM;
	}
	replay->source.ops = &ops;
	replay->fd = -1;
	*ret_source = &replay->source;
	return 0;
}

int source_replay_probe(const struct camera_spec *spec, struct error *err)
{
	const struct replay_ops *ops;
	void *recording;
	int r = open_recording(spec->target, &ops, &recording, err);

	if (r == 0) {
		ops->close(recording);
	}
	return r;
}

size_t source_replay_worst_bytes(const struct camera_spec *spec, unsigned buffers, size_t max_frame)
{
	size_t folder = replay_folder_worst_bytes(), file = replay_file_worst_bytes();

	(void)spec;
	return sizeof(struct replay_source) + frame_pool_worst_bytes(max_frame, buffers) +
	       (folder > file ? folder : file);
}
