/* usage: seed-NAME FOLDER */
#include "seed.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "util/cleanup.h"

int seed_write(const char *folder, const void *data, size_t size)
{
	static unsigned number;
	char path[4096];

	snprintf(path, sizeof(path), "%s/%02u", folder, number++);
	_cleanup_file_ FILE *file = fopen(path, "wb");
	if (!file || fwrite(data, 1, size, file) != size || fflush(file) != 0) {
		fprintf(stderr, "seed: %s: %s\n", path, strerror(errno));
		return -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: seed-NAME FOLDER\n");
		return 2;
	}
	if (mkdir(argv[1], 0755) < 0 && errno != EEXIST) {
		fprintf(stderr, "seed: %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	return seed_write_all(argv[1]) < 0 ? 1 : 0;
}
