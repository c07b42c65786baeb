/*
 * The frames of a measurement, the same ones at each call:
 *
 *	pictures make scene|noise|still FOLDER ... 30 JPEGs of 640x480, 4:2:2
 *	pictures raw FOLDER FILE ................. the JPEGs of a folder as tightly packed YUYV
 *
 * A scene is soft shapes that move under a sensor's noise, about 45 KB a picture; noise is what
 * compresses worst; a still picture is one and the same. Prints "WIDTH HEIGHT COUNT".
 */
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <jpeglib.h>

#define WIDTH        640
#define HEIGHT       480
#define COUNT        30
#define QUALITY      80
#define PICTURES_MAX 64

_Noreturn static void fail(const char *what, const char *name)
{
	fprintf(stderr, "pictures: %s: %s\n", name, what);
	exit(EXIT_FAILURE);
}

static FILE *open_file(const char *path, const char *mode)
{
	FILE *file = fopen(path, mode);

	if (!file) {
		fail(strerror(errno), path);
	}
	return file;
}

static void close_file(FILE *file, const char *path)
{
	bool is_bad = ferror(file) != 0;

	if (fclose(file) != 0 || is_bad) {
		fail("cannot be written", path);
	}
}

static unsigned chance(uint32_t *state)
{
	*state = *state * 1664525U + 1013904223U;
	return *state >> 24;
}

static uint8_t clamp(double value)
{
	return value < 0 ? 0 : value > 255 ? 255 : (uint8_t)value;
}

static void draw_row(uint8_t *row, const char *kind, unsigned y, unsigned n, uint32_t *state)
{
	for (unsigned x = 0; x < WIDTH; x++, row += 3) {
		if (strcmp(kind, "noise") == 0) {
			for (unsigned c = 0; c < 3; c++) {
				row[c] = (uint8_t)chance(state);
			}
			continue;
		}
		double shift = n * 4.0;
		double shape = sin((x + shift) / 23.0) * cos((y - shift / 2) / 17.0);
		double edge = ((x + (unsigned)shift) / 64 + y / 48) % 2 ? 30 : -30;
		double noise = (double)(chance(state) % 17) - 8;
		row[0] = clamp(120 + 60 * shape + edge + noise);
		row[1] = clamp(128 + 40 * sin((x - shift) / 91.0));
		row[2] = clamp(128 + 40 * cos((y + shift) / 71.0));
	}
}

static void make_picture(const char *path, const char *kind, unsigned n)
{
	struct jpeg_compress_struct cinfo;
	struct jpeg_error_mgr errors;
	uint8_t row[WIDTH * 3];
	uint32_t state = n + 1;
	FILE *file = open_file(path, "wbe");

	cinfo.err = jpeg_std_error(&errors);
	jpeg_create_compress(&cinfo);
	jpeg_stdio_dest(&cinfo, file);
	cinfo.image_width = WIDTH;
	cinfo.image_height = HEIGHT;
	cinfo.input_components = 3;
	cinfo.in_color_space = JCS_YCbCr;
	jpeg_set_defaults(&cinfo);
	jpeg_set_quality(&cinfo, QUALITY, TRUE);
	cinfo.comp_info[0].v_samp_factor = 1;
	jpeg_start_compress(&cinfo, TRUE);
	for (unsigned y = 0; y < HEIGHT; y++) {
		draw_row(row, kind, y, n, &state);
		jpeg_write_scanlines(&cinfo, &(JSAMPROW){row}, 1);
	}
	jpeg_finish_compress(&cinfo);
	jpeg_destroy_compress(&cinfo);
	close_file(file, path);
}

static void make(const char *kind, const char *folder)
{
	char path[4096];
	bool is_still = strcmp(kind, "still") == 0;

	if (!is_still && strcmp(kind, "scene") != 0 && strcmp(kind, "noise") != 0) {
		fail("is none of scene, noise and still", kind);
	}
	for (unsigned i = 0; i < COUNT; i++) {
		snprintf(path, sizeof(path), "%s/%03u.jpg", folder, i);
		make_picture(path, kind, is_still ? 0 : i);
	}
	printf("%u %u %u\n", WIDTH, HEIGHT, COUNT);
}

/* Chroma of each pair of pixels is the mean of both. */
static void write_row(FILE *file, const uint8_t *row, unsigned width)
{
	for (unsigned x = 0; x + 1 < width; x += 2, row += 6) {
		const uint8_t pair[4] = {row[0], (uint8_t)((row[1] + row[4]) / 2), row[3],
			(uint8_t)((row[2] + row[5]) / 2)};
		fwrite(pair, sizeof(pair), 1, file);
	}
}

static void decode(const char *path, FILE *raw, unsigned *width, unsigned *height)
{
	struct jpeg_decompress_struct cinfo;
	struct jpeg_error_mgr errors;
	FILE *file = open_file(path, "rbe");

	cinfo.err = jpeg_std_error(&errors); /* exits when it is none */
	jpeg_create_decompress(&cinfo);
	jpeg_stdio_src(&cinfo, file);
	jpeg_read_header(&cinfo, TRUE);
	cinfo.out_color_space = JCS_YCbCr;
	jpeg_start_decompress(&cinfo);
	if (*width && (*width != cinfo.output_width || *height != cinfo.output_height)) {
		fail("is of another size than the pictures before", path);
	}
	*width = cinfo.output_width;
	*height = cinfo.output_height;
	uint8_t *row = malloc((size_t)*width * 3);
	if (!row) {
		fail(strerror(errno), path);
	}
	while (cinfo.output_scanline < cinfo.output_height) {
		jpeg_read_scanlines(&cinfo, &row, 1);
		write_row(raw, row, *width);
	}
	free(row);
	jpeg_finish_decompress(&cinfo);
	jpeg_destroy_decompress(&cinfo);
	fclose(file);
}

static int is_jpeg(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot && (strcmp(dot, ".jpg") == 0 || strcmp(dot, ".jpeg") == 0);
}

static void raw(const char *folder, const char *path)
{
	struct dirent **entries;
	unsigned width = 0, height = 0;
	int n = scandir(folder, &entries, is_jpeg, alphasort);

	if (n <= 0) {
		fail("has no .jpg", folder);
	}
	FILE *file = open_file(path, "wbe");
	for (int i = 0; i < n; i++) {
		char name[4096];
		snprintf(name, sizeof(name), "%s/%s", folder, entries[i]->d_name);
		if (i < PICTURES_MAX) {
			decode(name, file, &width, &height);
		}
		free(entries[i]);
	}
	free(entries);
	close_file(file, path);
	printf("%u %u %d\n", width, height, n < PICTURES_MAX ? n : PICTURES_MAX);
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "make") == 0) {
		make(argv[2], argv[3]);
	} else if (argc == 4 && strcmp(argv[1], "raw") == 0) {
		raw(argv[2], argv[3]);
	} else {
		fputs("usage: pictures make scene|noise|still FOLDER | raw FOLDER FILE\n", stderr);
		return 2;
	}
	return EXIT_SUCCESS;
}
