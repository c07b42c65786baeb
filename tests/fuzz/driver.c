/*
 * Stands in for libFuzzer where the compiler has none: runs a fuzz target on every seed, then on
 * random changes of them until the time is over. It is blind, having no coverage to go by, but it
 * runs in every build, those with sanitizers too.
 *
 * usage: fuzz-NAME [-max_total_time=SECONDS] [-seed=N] [FILE|FOLDER]...
 */
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SEEDS_MAX   256
#define SEED_BYTES  ((size_t)64 * 1024)
#define CHANGES_MAX 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

struct input {
	uint8_t *data;
	size_t size;
};

static struct input seeds[SEEDS_MAX];
static size_t n_seeds;
static struct input current; /* for the report of a crash */
static uint64_t random_state = 88172645463325252ULL;

static uint64_t next_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

/* Keeps the input that killed it; only what is safe in a signal handler. */
static void save_current(void)
{
	int fd = open("crash-input", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd >= 0 && write(fd, current.data, current.size) == (ssize_t)current.size) {
		static const char text[] = "fuzz: the input is in crash-input\n";
		ssize_t n = write(STDERR_FILENO, text, sizeof(text) - 1);
		(void)n;
	}
}

static void on_signal(int number)
{
	save_current();
	signal(number, SIG_DFL);
	raise(number);
}

/* A copy of its own size, so that a sanitizer sees what is read behind it. */
static void run(const uint8_t *data, size_t size)
{
	current.data = malloc(size ? size : 1);
	current.size = size;
	if (!current.data) {
		perror("fuzz");
		exit(1);
	}
	memcpy(current.data, data, size);
	LLVMFuzzerTestOneInput(current.data, size);
	free(current.data);
}

static void add_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data = malloc(SEED_BYTES);

	if (!file || !data || n_seeds == SEEDS_MAX) {
		fprintf(stderr, "fuzz: %s: cannot be taken\n", path);
		exit(1);
	}
	seeds[n_seeds++] = (struct input){data, fread(data, 1, SEED_BYTES, file)};
	fclose(file);
}

static void add_path(const char *path)
{
	DIR *folder = opendir(path);
	const struct dirent *entry;

	if (!folder) {
		add_file(path);
		return;
	}
	while ((entry = readdir(folder))) {
		char name[4096];
		if (entry->d_name[0] != '.') {
			snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
			add_file(name);
		}
	}
	closedir(folder);
}

/* One change: bytes overwritten, cut out, repeated, or put in from another seed. */
static size_t change(uint8_t *data, size_t size)
{
	size_t at = size ? next_random() % size : 0;
	size_t n = 1 + next_random() % 16;

	switch (next_random() % 6) {
	case 0:
	case 1:
		for (size_t i = at; i < size && i < at + n % 4 + 1; i++) {
			data[i] = (uint8_t)next_random();
		}
		return size;
	case 2:
		if (size) {
			static const uint8_t special[] = {0, 1, 0x7f, 0x80, 0xff, 0xd8, 0xd9, '"'};
			data[at] = special[next_random() % sizeof(special)];
		}
		return size;
	case 3:
		return next_random() % 4 ? size : at;
	case 4:
		n = n < size - at ? n : size - at;
		memmove(data + at, data + at + n, size - at - n);
		return size - n;
	default: {
		const struct input *other = &seeds[next_random() % n_seeds];
		size_t from = other->size ? next_random() % other->size : 0;
		n = n * n < other->size - from ? n * n : other->size - from;
		n = n < SEED_BYTES - size ? n : SEED_BYTES - size;
		memmove(data + at + n, data + at, size - at);
		memcpy(data + at, other->data + from, n);
		return size + n;
	}
	}
}

static uint64_t fuzz(time_t end)
{
	static uint8_t data[SEED_BYTES];
	uint64_t n = 0;

	for (; n % 64 || time(NULL) < end; n++) {
		const struct input *seed = &seeds[next_random() % n_seeds];
		size_t size = seed->size;
		memcpy(data, seed->data, size);
		for (unsigned i = 1 + next_random() % CHANGES_MAX; i > 0; i--) {
			size = change(data, size);
		}
		run(data, size);
	}
	return n;
}

int main(int argc, char **argv)
{
	static uint8_t nothing[1];
	long seconds = 5;

	for (int i = 1; i < argc; i++) {
		uint64_t seed;
		if (sscanf(argv[i], "-max_total_time=%ld", &seconds) == 1) {
			continue;
		}
		if (sscanf(argv[i], "-seed=%" SCNu64, &seed) == 1) {
			random_state = seed ? seed : 1;
			continue;
		}
		if (argv[i][0] != '-') { /* other options are libFuzzer's */
			add_path(argv[i]);
		}
	}
	signal(SIGABRT, on_signal);
	signal(SIGSEGV, on_signal);
	if (__sanitizer_set_death_callback) {
		__sanitizer_set_death_callback(save_current);
	}
	time_t end = time(NULL) + seconds;
	for (size_t i = 0; i < n_seeds; i++) {
		run(seeds[i].data, seeds[i].size);
	}
	run(nothing, 0);
	if (n_seeds == 0) {
		seeds[n_seeds++] = (struct input){nothing, 0};
	}
	printf("%zu seeds, %" PRIu64 " changes of them\n", n_seeds, fuzz(end));
	return 0;
}
