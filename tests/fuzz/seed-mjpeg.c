/* Pictures for fuzz-mjpeg. */
#include "jpeg/fixture.h"

#include <string.h>

#include "jpeg/header.h"
#include "seed.h"
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

static int write_seed(const char *folder, const uint8_t *picture, size_t size)
{
	static const uint8_t parameters[] = {2, 200, 3};
	_cleanup_free_ uint8_t *data = malloc(sizeof(parameters) + size);

	if (!data) {
		return -1;
	}
	memcpy(data, parameters, sizeof(parameters));
	memcpy(data + sizeof(parameters), picture, size);
	return seed_write(folder, data, sizeof(parameters) + size);
}

/* As it is, without its end, and without its tables. */
static int write_seeds(const char *folder, const struct jpeg_fixture *fixture)
{
	size_t size;
	_cleanup_free_ uint8_t *picture = jpeg_fixture_make(fixture, &size);
	int r = write_seed(folder, picture, size);

	if (r == 0) {
		r = write_seed(folder, picture, size - 2);
	}
	size = jpeg_fixture_remove(picture, size, JPEG_MARKER_DHT);
	return r == 0 ? write_seed(folder, picture, size) : r;
}

int seed_write_all(const char *folder)
{
	int r = 0;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && r == 0; i++) {
		r = write_seeds(folder, &kinds[i]);
	}
	return r;
}
