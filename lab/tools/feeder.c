/* SPDX-License-Identifier: MIT */
/*
 * A camera that sends JPEG, good and bad: lab-feeder DEVICE FPS KIND... writes pictures of 640x480
 * to a v4l2loopback device, one KIND after the other, over and over, until it is told to end. A
 * picture is noise around a grey that tells its kind, so a viewer sees which kinds came through.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <signal.h>
#include <stdio.h>
#include <jpeglib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum {
	WIDTH = 640,
	HEIGHT = 480,
	KINDS_MAX = 16,
	GARBAGE = 37,
	TAIL = 512,
};

struct picture {
	unsigned char *data;
	unsigned long size;
};

static const unsigned char empty[] = {0xff, 0xd8, 0xff, 0xd9};

static volatile sig_atomic_t ended;

static void on_signal(int number)
{
	(void)number;
	ended = 1;
}

static void die(const char *what)
{
	fprintf(stderr, "lab-feeder: %s: %s\n", what, strerror(errno));
	exit(1);
}

static struct picture encode(int grey)
{
	struct jpeg_compress_struct jpeg;
	struct jpeg_error_mgr errors;
	struct picture picture = {0};
	unsigned char row[WIDTH * 3];

	jpeg.err = jpeg_std_error(&errors);
	jpeg_create_compress(&jpeg);
	jpeg_mem_dest(&jpeg, &picture.data, &picture.size);
	jpeg.image_width = WIDTH;
	jpeg.image_height = HEIGHT;
	jpeg.input_components = 3;
	jpeg.in_color_space = JCS_RGB;
	jpeg_set_defaults(&jpeg);
	jpeg_set_quality(&jpeg, 75, TRUE);
	jpeg_start_compress(&jpeg, TRUE);
	while (jpeg.next_scanline < HEIGHT) {
		for (int x = 0; x < WIDTH * 3; x += 3) {
			memset(row + x, grey - 6 + rand() % 13, 3);
		}
		JSAMPROW rows[] = {row};
		jpeg_write_scanlines(&jpeg, rows, 1);
	}
	jpeg_finish_compress(&jpeg);
	jpeg_destroy_compress(&jpeg);
	return picture;
}

/* The offset of the first segment of this type before the scan, and its size. */
static size_t find_segment(const struct picture *picture, unsigned char type, size_t *ret_size)
{
	const unsigned char *p = picture->data;
	for (size_t at = 2; at + 4 < picture->size && p[at + 1] != 0xda;) {
		size_t size = 2 + (size_t)(p[at + 2] << 8 | p[at + 3]);
		if (p[at + 1] == type) {
			*ret_size = size;
			return at;
		}
		at += size;
	}
	return 0;
}

static void insert_in_front(struct picture *picture, const void *bytes, size_t size)
{
	picture->data = realloc(picture->data, picture->size + size);
	if (!picture->data) {
		die("memory");
	}
	memmove(picture->data + size, picture->data, picture->size);
	memcpy(picture->data, bytes, size);
	picture->size += size;
}

static void spoil_tail(struct picture *picture)
{
	picture->data = realloc(picture->data, picture->size + TAIL);
	if (!picture->data) {
		die("memory");
	}
	memset(picture->data + picture->size, 0, TAIL);
	picture->size += TAIL;
}

static void spoil_garbage(struct picture *picture)
{
	unsigned char garbage[GARBAGE];
	memset(garbage, 0x55, sizeof(garbage));
	insert_in_front(picture, garbage, sizeof(garbage));
}

static void spoil_prefix(struct picture *picture)
{
	insert_in_front(picture, empty, sizeof(empty));
}

static void spoil_noeoi(struct picture *picture)
{
	picture->size -= 2;
}

static void spoil_nodht(struct picture *picture)
{
	size_t size, at;
	while ((at = find_segment(picture, 0xc4, &size))) {
		memmove(picture->data + at, picture->data + at + size, picture->size - at - size);
		picture->size -= size;
	}
}

/* Ends in the middle of the quantisation table: there is no picture in it. */
static void spoil_header(struct picture *picture)
{
	size_t size, at = find_segment(picture, 0xdb, &size);
	picture->size = at + size / 2;
}

/* Ends in the middle of the scan. */
static void spoil_half(struct picture *picture)
{
	picture->size /= 2;
}

/* The same, filled up with zeros. */
static void spoil_zeros(struct picture *picture)
{
	memset(picture->data + picture->size / 2, 0, picture->size - picture->size / 2);
}

static void spoil_empty(struct picture *picture)
{
	memcpy(picture->data, empty, sizeof(empty));
	picture->size = sizeof(empty);
}

static const struct kind {
	const char *name;
	int grey;
	void (*spoil)(struct picture *);
} kinds[] = {
	{"zeros", 8, spoil_zeros},
	{"good", 30, NULL},
	{"tail", 55, spoil_tail},
	{"garbage", 80, spoil_garbage},
	{"prefix", 105, spoil_prefix},
	{"noeoi", 130, spoil_noeoi},
	{"nodht", 155, spoil_nodht},
	{"half", 180, spoil_half},
	{"header", 205, spoil_header},
	{"empty", 230, spoil_empty},
};

static struct picture make_picture(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].name, name) == 0) {
			struct picture picture = encode(kinds[i].grey);
			if (kinds[i].spoil) {
				kinds[i].spoil(&picture);
			}
			return picture;
		}
	}
	fprintf(stderr, "lab-feeder: no such kind: %s\n", name);
	exit(2);
}

/* STREAMON is how v4l2loopback learns that this is the writer, and later that it has gone. */
static int open_device(const char *path)
{
	int type = V4L2_BUF_TYPE_VIDEO_OUTPUT;
	struct v4l2_format format = {
		.type = V4L2_BUF_TYPE_VIDEO_OUTPUT,
		.fmt.pix =
			{
				.width = WIDTH,
				.height = HEIGHT,
				.pixelformat = V4L2_PIX_FMT_MJPEG,
				.field = V4L2_FIELD_NONE,
				.sizeimage = WIDTH * HEIGHT * 2,
				.colorspace = V4L2_COLORSPACE_JPEG,
			},
	};
	int fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, VIDIOC_S_FMT, &format) < 0 ||
		ioctl(fd, VIDIOC_STREAMON, &type) < 0) {
		die(path);
	}
	return fd;
}

int main(int argc, char **argv)
{
	struct picture pictures[KINDS_MAX];
	int fps = argc > 3 ? atoi(argv[2]) : 0;
	int count = argc - 3;
	if (fps < 1 || fps > 1000 || count < 1 || count > KINDS_MAX) {
		fprintf(stderr, "usage: lab-feeder DEVICE FPS KIND...\n");
		return 2;
	}
	for (int i = 0; i < count; i++) {
		pictures[i] = make_picture(argv[i + 3]);
	}
	int fd = open_device(argv[1]);
	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);

	struct timespec next;
	clock_gettime(CLOCK_MONOTONIC, &next);
	for (int i = 0; !ended; i = (i + 1) % count) {
		if (write(fd, pictures[i].data, pictures[i].size) < 0 && errno != EAGAIN) {
			die("writing");
		}
		next.tv_nsec += 1000000000 / fps;
		if (next.tv_nsec >= 1000000000) {
			next.tv_nsec -= 1000000000;
			next.tv_sec++;
		}
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
	close(fd);
	for (int i = 0; i < count; i++) {
		free(pictures[i].data);
	}
	return 0;
}
