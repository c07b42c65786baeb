#include "kernel/cpu-clock.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "kernel/proc-text.h"

#define POLICIES_MAX 32
#define POLICY       "/sys/devices/system/cpu/cpufreq/policy%d/%s"

static int read_file(
	const struct sysroot *root, int policy, const char *name, char *text, size_t size)
{
	char path[96];

	snprintf(path, sizeof(path), POLICY, policy, name);
	return sysroot_read(root, path, text, size);
}

/* related_cpus: "0 1 2 3". */
static unsigned count_cpus(const struct sysroot *root, int policy)
{
	char text[256];
	const char *rest = text;
	uint64_t number;
	unsigned n = 0;

	if (read_file(root, policy, "related_cpus", text, sizeof(text)) < 0) {
		return 1;
	}
	while (proc_number_parse(&rest, &number) == 0) {
		n++;
	}
	return n > 0 ? n : 1;
}

/* A line for each clock: kHz, and ticks of 10 ms. */
static int add_policy(const struct sysroot *root, int policy, struct cpu_clock *clock)
{
	char text[4096], highest[32];
	uint64_t khz, ticks;
	double ran = 0, total = 0, n;

	int r = read_file(root, policy, "stats/time_in_state", text, sizeof(text));
	if (r == 0) {
		r = read_file(root, policy, "cpuinfo_max_freq", highest, sizeof(highest));
	}
	if (r < 0) {
		return r;
	}
	const char *rest = text;
	while (proc_number_parse(&rest, &khz) == 0 && proc_number_parse(&rest, &ticks) == 0) {
		ran += (double)khz * (double)ticks;
		total += (double)ticks;
		rest += *rest == '\n';
	}
	n = count_cpus(root, policy);
	clock->ran += n * ran;
	clock->most += n * total * strtod(highest, NULL);
	return 0;
}

int cpu_clock_read(const struct sysroot *root, struct cpu_clock *ret_clock)
{
	struct cpu_clock clock = {0};
	unsigned n = 0;

	for (int policy = 0; policy < POLICIES_MAX; policy++) {
		n += add_policy(root, policy, &clock) == 0;
	}
	if (n == 0) {
		return -ENOENT;
	}
	*ret_clock = clock;
	return 0;
}

double cpu_clock_percent(const struct cpu_clock *before, const struct cpu_clock *after)
{
	double most = after->most - before->most;

	return most > 0 ? 100 * (after->ran - before->ran) / most : NAN;
}
