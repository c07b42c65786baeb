#include "simulate/traits.h"

#include <assert.h>

static void reproduce(struct traits *traits, const char *text)
{
	assert(traits->n_reproduced < TRAITS_MAX);
	traits->reproduced[traits->n_reproduced++] = text;
}

static void miss(struct traits *traits, const char *text)
{
	assert(traits->n_missing < TRAITS_MAX);
	traits->missing[traits->n_missing++] = text;
}

static void add_group(const struct simulation_report *report, struct traits *traits)
{
	bool is_v1 = report->cgroup_version == 1;

	reproduce(traits,
		"the limit on the memory of the command and its children, with their page "
		"cache and kernel memory");
	if (!is_v1) {
		reproduce(traits, "their socket buffers count against the limit");
	}
	reproduce(traits, "what their swap takes in zram counts against the limit");
	reproduce(traits, "the kernel kills a process when nothing can be reclaimed at the limit");
	if (is_v1) {
		miss(traits, "socket buffers are outside the limit (cgroup version 1)");
		miss(traits,
			"when zram has filled the memory, the kernel kills only when the command "
			"asks for more (cgroup version 1)");
		miss(traits, "PSI is that of the whole machine (cgroup version 1)");
	}
	miss(traits, "the kernel and the other services of the board are outside the limit");
	miss(traits,
		"the limit follows zram by 1 % in 100 ms: what does not fit for less than 10 s may "
		"pass");
	miss(traits, "kswapd does not run at the limit: each allocation there reclaims by itself");
	miss(traits, "other programs keep their page cache and do not compete for memory");
	miss(traits,
		"memory pressure of the machine stays low, so that other services do not react");
}

static void add_whole(const struct simulation_report *report, struct traits *traits)
{
	reproduce(traits, "what is available to all programs, the kernel and the page cache");
	reproduce(traits, "kswapd, reclaim, swap in zram and the OOM killer of the whole machine");
	reproduce(traits, "memory pressure (PSI) of the whole machine");
	if (report->ballast.locked_bytes == 0) {
		reproduce(traits, "the memory taken cannot be moved, as if it were not there");
	} else {
		miss(traits,
			"locked pages can be moved: fragmentation looks better than on the board");
	}
	miss(traits, "MemTotal stays: used memory is to be computed without Hugetlb");
	miss(traits,
		"watermarks and hash tables are sized for the memory of this machine (stricter "
		"than on the board)");
}

void traits_of(bool is_whole, const struct simulation_report *report, struct traits *ret_traits)
{
	*ret_traits = (struct traits){0};
	if (is_whole) {
		add_whole(report, ret_traits);
	} else {
		add_group(report, ret_traits);
	}
	miss(ret_traits,
		"the size of CMA, the mix of memory zones, and the bandwidth of the memory");
}
