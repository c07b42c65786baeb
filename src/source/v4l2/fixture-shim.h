/*
 * The fake cameras of tests/shim, and sources on them. A program that calls shim_run_tests() makes
 * the pictures, describes the cameras, and starts itself again with the shim preloaded.
 */
#ifndef SOURCE_V4L2_FIXTURE_SHIM_H
#define SOURCE_V4L2_FIXTURE_SHIM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "source/source.h"

#define WIDTH       320
#define HEIGHT      240
#define MAX_FRAME   20000
#define PICTURE_MAX 12000
#define PICTURES    3

#define MJPEG    "/dev/video90"
#define RAW      "/dev/video91" /* every raw format, padded rows */
#define MPLANE   "/dev/video92" /* the same with the multiplanar API, in one memory plane */
#define TWO      "/dev/video93" /* NV12M, NV16M: two memory planes */
#define METADATA "/dev/video94"
#define GREY     "/dev/video95"
#define OTHER    "/dev/video96"

/* A command to the fake cameras; obeyed with the next call. */
void shim_command(const char *text);

struct source *shim_make_source(const char *target, enum camera_format format, unsigned buffers);
struct source *shim_make_started(const char *target, enum camera_format format, unsigned buffers);

/* The next outcome other than -EAGAIN, within two seconds. */
int shim_read_next(struct source *source, struct frame **ret_frame, struct error *err);

/* The next good frame. */
struct frame *shim_take(struct source *source);

/* Headroom and capacity are there, and writable. */
void shim_check_memory(struct frame *frame);

/* The picture is the gradient that the shim draws. */
void shim_check_raw(const struct frame *frame);

/* Of MJPEG: size and bytes follow from the number. */
size_t shim_picture_size(unsigned n);
uint8_t shim_picture_byte(unsigned n, size_t at);

/* main() of a program with these tests; V4L2_SHIM_LIBRARY says where the shim is. */
#define shim_run_tests(name, argv, tests)                                                          \
	(shim_start(argv) ? 1 : cmocka_run_group_tests_name(name, tests, NULL, shim_remove_files))

/* 0 when the shim is there; else starts again with it, and returns only when that failed. */
int shim_start(char **argv);
int shim_remove_files(void **state);

#endif
