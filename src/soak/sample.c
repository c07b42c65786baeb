#include "soak/sample.h"

#include <string.h>

const struct soak_figure_info soak_figures[SOAK_FIGURE_COUNT] = {
	[SOAK_FIGURE_ANONYMOUS] = {"process.serve.anonymous_bytes", "bytes", true},
	[SOAK_FIGURE_HEAP] = {"server.heap_bytes", "bytes", true},
	[SOAK_FIGURE_SERVICE_SOCKET] = {"service.serve.socket_bytes", "bytes", true},
	[SOAK_FIGURE_SERVICE_KERNEL] = {"service.serve.kernel_bytes", "bytes", true},
	[SOAK_FIGURE_UNACCOUNTED] = {"memory.unaccounted_bytes", "bytes", true},
	[SOAK_FIGURE_CMA_USED] = {"memory.cma_used_bytes", "bytes", true},
	[SOAK_FIGURE_DESCRIPTORS] = {"process.serve.descriptors", "", true},
	[SOAK_FIGURE_THREADS] = {"process.serve.threads", "", true},
	[SOAK_FIGURE_PSS] = {"process.serve.pss_bytes", "bytes", false},
	[SOAK_FIGURE_PROCESS_CPU] = {"process.serve.cpu_percent", "percent", false},
	[SOAK_FIGURE_AVAILABLE] = {"memory.available_bytes", "bytes", false},
	[SOAK_FIGURE_USED_PERCENT] = {"memory.used_percent", "percent", false},
	[SOAK_FIGURE_PSI_SOME] = {"psi.memory.some_percent", "percent", false},
	[SOAK_FIGURE_PSI_FULL] = {"psi.memory.full_percent", "percent", false},
	[SOAK_FIGURE_MACHINE_CPU] = {"cpu.used_percent", "percent", false},
	[SOAK_FIGURE_FRAGMENTATION] = {"fragmentation.unusable", "", false},
	[SOAK_FIGURE_OOM_KILLS] = {"vm.oom_kills", "", false},
	[SOAK_FIGURE_VIEWERS] = {"viewers.open", "", false},
	[SOAK_FIGURE_VIEWERS_LOST] = {"viewers.lost", "", false},
	[SOAK_FIGURE_FPS_MIN] = {"viewers.fps_min", "", false},
	[SOAK_FIGURE_GAP_MAX_MS] = {"viewers.gap_max_ms", "", false},
	[SOAK_FIGURE_FREEZES] = {"viewers.freezes", "", false},
	[SOAK_FIGURE_BROKEN] = {"viewers.broken", "", false},
	[SOAK_FIGURE_HEAP_FREE] = {"server.heap_free_bytes", "bytes", false},
};

bool soak_sample_continues(const struct soak_sample *a, const struct soak_sample *b)
{
	return a->server_pid == b->server_pid && a->server_start_ticks == b->server_start_ticks &&
	       strcmp(a->boot_id, b->boot_id) == 0 && a->boot_ns < b->boot_ns;
}
