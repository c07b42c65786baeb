/*
 * The product's encoder alone, for those who count instructions: valgrind, or QEMU on another
 * machine. Encodes the frames of a file of packed YUYV, one after the other, and prints the bytes.
 *
 *	encode WxH QUALITY FRAMES FILE
 */
#include <stdio.h>
#include <stdlib.h>

#include "jpeg/compress.h"
#include "util/parse.h"

_Noreturn static void fail(const char *what)
{
	fprintf(stderr, "encode: %s\n", what);
	exit(EXIT_FAILURE);
}

static uint8_t *read_file(const char *path, size_t frame_bytes, size_t *ret_frames)
{
	FILE *file = fopen(path, "rbe");

	if (!file || fseek(file, 0, SEEK_END) != 0) {
		fail(path);
	}
	*ret_frames = (size_t)ftell(file) / frame_bytes;
	rewind(file);
	uint8_t *data = malloc(*ret_frames * frame_bytes + 1);
	if (!data || *ret_frames == 0 ||
		fread(data, frame_bytes, *ret_frames, file) != *ret_frames) {
		fail(path);
	}
	fclose(file);
	return data;
}

int main(int argc, char **argv)
{
	struct jpeg_compressor_config config = {.packing = JPEG_PACKING_YUYV};
	struct jpeg_compressor *compressor;
	uint64_t quality, n;
	size_t frames, size, total = 0;

	if (argc != 5 || parse_dimensions(argv[1], &config.width, &config.height) < 0 ||
		parse_u64(argv[2], 1, 100, &quality) < 0 || parse_u64(argv[3], 1, 10000, &n) < 0) {
		fail("usage: encode WxH QUALITY FRAMES FILE");
	}
	config.quality = (unsigned)quality;
	size_t stride = (size_t)config.width * 2, frame_bytes = stride * config.height;
	uint8_t *data = read_file(argv[4], frame_bytes, &frames);
	uint8_t *out = malloc(frame_bytes);
	if (!out || jpeg_compressor_new(&config, &compressor) < 0) {
		fail("no memory");
	}
	for (uint64_t i = 0; i < n; i++) {
		struct jpeg_picture picture = {
			.data = {data + i % frames * frame_bytes}, .stride = {stride}};
		if (jpeg_compressor_run(compressor, &picture, out, frame_bytes, &size) < 0) {
			fail("a frame is not encoded");
		}
		total += size;
	}
	printf("%zu\n", total);
	jpeg_compressor_free(compressor);
	free(out);
	free(data);
	return EXIT_SUCCESS;
}
