/* Writes pictures for fuzz-mjpeg to begin with. usage: seed-mjpeg FOLDER */
#include "jpeg/fixture.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "jpeg/header.h"
#include "util/cleanup.h"

static const struct jpeg_fixture kinds[] = {
	{.width = 32, .height = 24, .quality = 50, .h = 2, .v = 1},
	{.width = 48, .height = 32, .quality = 90, .h = 2, .v = 2},
	{.width = 16, .height = 16, .quality = 20, .h = 0},
	{.width = 40, .height = 24, .quality = 50, .h = 2, .v = 1, .restart_rows = 1},
	{.width = 32, .height = 16, .quality = 50, .h = 1, .v = 1, .is_progressive = true},
	{.width = 32, .height = 16, .quality = 50, .h = 2, .v = 1, .has_optimized_tables = true},
	{.width = 16, .height = 16, .quality = 50, .h = 2, .v = 1, .thumbnail_bytes = 4096},
};

static int write_seed(const char *folder, int number, const uint8_t *data, size_t size)
{
	char path[4096];
	static const uint8_t parameters[] = {2, 200, 3};

	snprintf(path, sizeof(path), "%s/%02d", folder, number);
	_cleanup_file_ FILE *file = fopen(path, "wb");
	if (!file || fwrite(parameters, 1, sizeof(parameters), file) != sizeof(parameters) ||
		fwrite(data, 1, size, file) != size || fflush(file) != 0) {
		fprintf(stderr, "seed-mjpeg: %s: %s\n", path, strerror(errno));
		return -1;
	}
	return 0;
}

/* As it is, without its end, and without its tables. */
static int write_seeds(const char *folder, int number, const struct jpeg_fixture *fixture)
{
	size_t size;
	_cleanup_free_ uint8_t *picture = jpeg_fixture_make(fixture, &size);
	int r = write_seed(folder, number, picture, size);

	if (r == 0) {
		r = write_seed(folder, number + 1, picture, size - 2);
	}
	size = jpeg_fixture_remove(picture, size, JPEG_MARKER_DHT);
	return r == 0 ? write_seed(folder, number + 2, picture, size) : r;
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: seed-mjpeg FOLDER\n");
		return 2;
	}
	if (mkdir(argv[1], 0755) < 0 && errno != EEXIST) {
		fprintf(stderr, "seed-mjpeg: %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (write_seeds(argv[1], (int)(3 * i), &kinds[i]) < 0) {
			return 1;
		}
	}
	return 0;
}
