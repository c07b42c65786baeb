/*
 * Giving up swap in zram: proven to fit into the memory and into every cgroup, and watched while it
 * is read back, for others take memory meanwhile.
 */
#include "tune/zram/zram-change.h"

#include <errno.h>

#include "kernel/meminfo.h"
#include "util/clock.h"

#define SWAPOFF_MIN_NS (30 * NSEC_PER_SEC)
#define SWAPOFF_RATE   (UINT64_C(16) << 20) /* bytes a second that the slowest board reads back */

/* Between two looks at all cgroups: each is a few files of some 60 folders. */
#define LIMITS_PAUSE_NS (100 * NSEC_PER_MSEC)

struct release {
	const struct sysroot *root;
	int number;
	uint64_t margin_bytes;
	uint64_t limits_at_ns;     /* when to look at the cgroups again */
	struct memory_limit limit; /* that became short; its path is "" when none did */
};

void zram_tell_misfit(const struct swap_fit *fit, char *text, size_t size)
{
	char used[32], available[32], compressed[32], margin[32];

	zram_format_size(fit->used, used, sizeof(used));
	zram_format_size(fit->available, available, sizeof(available));
	zram_format_size(fit->compressed, compressed, sizeof(compressed));
	zram_format_size(fit->margin, margin, sizeof(margin));
	change_text(text, size,
		"%s swapped out, but only %s available and %s to come back from it, with %s to "
		"stay free",
		used, available, compressed, margin);
}

void zram_tell_limit(const struct memory_limit *limit, char *text, size_t size)
{
	char used[32], swapped[32], max[32];

	zram_format_size(limit->used, used, sizeof(used));
	zram_format_size(limit->swapped, swapped, sizeof(swapped));
	zram_format_size(limit->max, max, sizeof(max));
	change_text(text, size, "%.200s is %s, with %s in use and %s swapped out", limit->path, max,
		used, swapped);
}

static int refuse_swapoff(
	const struct swap_area *area, const struct swap_fit *fit, struct error *err)
{
	char why[CHANGE_TEXT_MAX];

	zram_tell_misfit(fit, why, sizeof(why));
	return error_set(err, -ENOMEM,
		"%s: swapoff does not fit: %s: end what takes memory, then roll back again",
		area->path, why);
}

static int refuse_limit(const struct swap_area *area, const struct memory_limit *limit,
	const char *what, struct error *err)
{
	char why[CHANGE_TEXT_MAX];

	zram_tell_limit(limit, why, sizeof(why));
	return error_set(err, -ENOMEM,
		"%s: %s: %s: raise it, or end what runs there, then roll back again", area->path,
		what, why);
}

/* Each cgroup has to hold what comes back to it, too. */
static int check_limits(const struct sysroot *root, const struct swap_area *area, struct error *err)
{
	struct memory_limit limit;

	int r = memory_limit_find(root, area->used_bytes, &limit);
	if (r < 0) {
		return error_set(err, r,
			"%s: whether the cgroups hold what swapoff brings back cannot be known: %s",
			area->path, error_name(r));
	}
	return r == 0 ? 0 : refuse_limit(area, &limit, "swapoff does not fit", err);
}

static int check_fit(const struct sysroot *root, const struct swap_area *area, int number,
	struct swap_fit *ret_fit, struct error *err)
{
	uint64_t compressed = 0;

	int r = zram_device_memory(root, number, &compressed);
	if (r == 0) {
		r = swap_fit_init(ret_fit, root, area, compressed);
	}
	if (r < 0) {
		return error_set(err, r, "%s: whether swapoff fits cannot be known: %s", area->path,
			error_name(r));
	}
	if (!swap_fit_holds(ret_fit)) {
		return refuse_swapoff(area, ret_fit, err);
	}
	return check_limits(root, area, err);
}

/* What cannot be read in between was read a moment ago, and fitted. */
static bool is_short(void *data)
{
	struct release *release = data;
	struct swap_area area;
	struct error err;
	uint64_t available;

	if (meminfo_read_field(release->root, MEMINFO_AVAILABLE, &available) == 0 &&
		available < release->margin_bytes) {
		return true;
	}
	if (clock_now_ns() < release->limits_at_ns) {
		return false;
	}
	bool has_limit = zram_find_area(release->root, release->number, &area, &err) > 0 &&
			 memory_limit_find(release->root, area.used_bytes, &release->limit) > 0;
	release->limits_at_ns = clock_now_ns() + LIMITS_PAUSE_NS;
	return has_limit;
}

static int tell_short(
	const struct swap_area *area, const struct memory_limit *limit, struct error *err)
{
	if (limit->path[0]) {
		return refuse_limit(area, limit, "swapoff was ended", err);
	}
	return error_set(err, -ENOMEM,
		"%s: swapoff was ended, as memory became short: end what takes memory, then roll "
		"back again",
		area->path);
}

static int give_up(
	const struct sysroot *root, const struct swap_area *area, int number, struct error *err)
{
	struct release release = {.root = root, .number = number};
	struct swap_fit fit;
	char path[ZRAM_PATH_MAX];

	int r = check_fit(root, area, number, &fit, err);
	if (r < 0) {
		return r;
	}
	uint64_t timeout_ns = SWAPOFF_MIN_NS + fit.used / SWAPOFF_RATE * NSEC_PER_SEC;
	release.margin_bytes = fit.margin;
	release.limits_at_ns = clock_now_ns() + LIMITS_PAUSE_NS;
	zram_device_path(number, path);
	/* However short memory is, an empty area takes none of it. */
	r = swap_disable(path, timeout_ns, fit.used > 0 ? is_short : NULL, &release);
	if (r == SWAP_ENDED_SHORT) {
		return tell_short(area, &release.limit, err);
	}
	if (r == SWAP_ENDED_LATE) {
		return error_set(err, -ETIMEDOUT,
			"%s: swapoff was ended, as it took longer than %u s", area->path,
			(unsigned int)(timeout_ns / NSEC_PER_SEC));
	}
	return r < 0 ? error_set(err, r, "%s: swapoff: %s", area->path, error_name(r)) : 0;
}

int zram_release(const struct sysroot *root, int number, struct error *err)
{
	struct swap_area area;

	int r = zram_find_area(root, number, &area, err);
	if (r > 0) {
		r = give_up(root, &area, number, err);
	}
	if (r < 0) {
		return r;
	}
	r = zram_device_remove(root, number, ZRAM_BUSY_NS);
	if (r < 0) {
		return error_set(err, r, "zram%d: cannot be removed: %s", number,
			r == -EBUSY ? "somebody has it open" : error_name(r));
	}
	return 0;
}
