/*
 * A picture is read in pieces into the very block that is passed on, and followed until it ends;
 * what was read beyond it is read again, from the page cache. What is between two pictures is
 * skipped. No call reads much more than a picture may have, so that a file without any keeps nobody
 * waiting.
 */
#include "source/replay-impl.h"

#include <errno.h>
#include <string.h>

#include "jpeg/scan.h"
#include "util/cleanup.h"

#define PIECE_BYTES ((size_t)16 * 1024)

/* The first bytes of a picture, which must be there to know it as one. */
#define START_BYTES 4

struct file {
	int fd;
	char *path;
	uint64_t at;               /* offset of the next byte to look at */
	bool has_picture;          /* one was found since the file's beginning */
	bool is_skipping;          /* at is within an oversize picture */
	struct jpeg_walker walker; /* while skipping: from at on */
	size_t budget;             /* bytes that this call may still read */
};

size_t replay_file_worst_bytes(void)
{
	return sizeof(struct file) + 4096;
}

static void file_close(void *recording)
{
	struct file *file = recording;

	close_fd(file->fd);
	free(file->path);
	free(file);
}

static int error_read(const struct file *file, int r, struct error *err)
{
	return error_set(err, r, "replay: %s: reading it: %s", file->path, error_name(r));
}

/* Bytes from the file's offset on, at most capacity: 0 at the end. -EAGAIN when the budget is
 * spent. */
static ssize_t read_piece(
	struct file *file, uint64_t offset, uint8_t *data, size_t capacity, struct error *err)
{
	size_t bytes = capacity < PIECE_BYTES ? capacity : PIECE_BYTES;
	ssize_t n;

	if (file->budget < bytes) {
		return -EAGAIN;
	}
	do {
		n = pread(file->fd, data, bytes, (off_t)offset);
	} while (n < 0 && errno == EINTR);
	if (n < 0) {
		return error_read(file, -errno, err);
	}
	file->budget -= bytes;
	return n;
}

static int rewind_file(struct file *file, struct error *err)
{
	if (!file->has_picture) {
		return error_set(
			err, -ENODATA, "replay: %s: there is no JPEG picture in it", file->path);
	}
	file->at = 0;
	file->has_picture = false;
	file->is_skipping = false;
	return 0;
}

/* Moves at behind the oversize picture that it is in, and what is read to scratch. */
static int skip_picture(struct file *file, uint8_t *scratch, size_t capacity, struct error *err)
{
	while (file->is_skipping) {
		ssize_t n = read_piece(file, file->at, scratch, capacity, err);
		if (n < 0) {
			return (int)n;
		}
		bool has_end = jpeg_walker_advance(&file->walker, scratch, (size_t)n);
		if (!has_end && file->walker.at == 0) {
			return rewind_file(file, err); /* cut off within a marker */
		}
		file->at += file->walker.at;
		file->walker.at = 0;
		file->is_skipping = !has_end && n > 0;
	}
	return 0;
}

/* Moves at to the next picture. */
static int find_picture(struct file *file, uint8_t *scratch, size_t capacity, struct error *err)
{
	for (;;) {
		size_t start;
		ssize_t n = read_piece(file, file->at, scratch, capacity, err);
		if (n < 0) {
			return (int)n;
		}
		if (jpeg_find_start(scratch, (size_t)n, (size_t)n, &start) == 0) {
			file->at += start;
			file->has_picture = true;
			return 0;
		}
		if (n >= START_BYTES) {
			file->at += (size_t)n - (START_BYTES - 1);
			continue;
		}
		int r = rewind_file(file, err);
		if (r < 0) {
			return r;
		}
	}
}

/* Reads the picture at at. One that the file's end cuts off is passed on as it is. */
static int collect_picture(struct file *file, struct frame *frame, struct error *err)
{
	struct jpeg_walker walker = {.at = 2};

	while (frame->size < frame->capacity) {
		ssize_t n = read_piece(file, file->at + frame->size, frame->data + frame->size,
			frame->capacity - frame->size, err);
		if (n < 0) {
			return (int)n;
		}
		frame->size += (size_t)n;
		if (n == 0) {
			file->at += frame->size;
			return 0;
		}
		if (jpeg_walker_advance(&walker, frame->data, frame->size)) {
			frame->size = walker.at;
			file->at += walker.at;
			return 0;
		}
	}
	file->is_skipping = true;
	file->at += walker.at;
	file->walker = (struct jpeg_walker){0};
	return FRAME_DROP_OVERSIZE;
}

static int file_read(void *recording, struct frame *frame, struct error *err)
{
	struct file *file = recording;

	/* To find a picture, and to collect it. */
	file->budget = 2 * frame->capacity + 4 * PIECE_BYTES;
	int r = skip_picture(file, frame->data, frame->capacity, err);
	if (r == 0) {
		r = find_picture(file, frame->data, frame->capacity, err);
	}
	if (r == 0) {
		r = collect_picture(file, frame, err);
	}
	return r;
}

int replay_file_open(int fd, const char *path, const struct replay_ops **ret_ops, void **ret_file,
	struct error *err)
{
	static const struct replay_ops ops = {.read = file_read, .close = file_close};
	struct file *file = calloc(1, sizeof(*file));

	if (!file || !(file->path = strdup(path))) {
		free(file);
		close_fd(fd);
		return error_set(err, -ENOMEM, "replay: %s: %s", path, error_name(-ENOMEM));
	}
	file->fd = fd;
	*ret_ops = &ops;
	*ret_file = file;
	return 0;
}
