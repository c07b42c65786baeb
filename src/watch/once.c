#include <unistd.h>

#include "util/io.h"
#include "util/log.h"
#include "watch/record/recorder.h"
#include "watch/record/render.h"
#include "watch/replace.h"
#include "watch/watch.h"

/* Not for the stack. */
static struct {
	struct recorder recorder;
	struct system_sample system;
	struct process_sample processes;
} once;

int watch_print_once(
	const struct watch_settings *settings, uint64_t pause_ns, bool is_json, struct error *err)
{
	static char buffer[RENDER_SIZE];
	struct text text;

	int r = recorder_open(&once.recorder, &sysroot_real, err);
	if (r == 0) {
		r = watch_settings_apply_targets(settings, &once.recorder.processes, err);
	}
	if (r < 0) {
		return r;
	}
	watch_settings_ask_server(settings, &once.recorder, pause_ns);
	recorder_sample_once(&once.recorder, pause_ns, &once.system, &once.processes);
	if (once.processes.server.trouble[0]) {
		log_warning("camera, server: absent: %s", once.processes.server.trouble);
	}
	recorder_close(&once.recorder);
	text_init(&text, buffer, sizeof(buffer));
	if (is_json) {
		render_json(&text, &once.system, &once.processes);
	} else {
		render_line(&text, &once.system, &once.processes);
	}
	text_add(&text, "\n");
	r = io_write_all(STDOUT_FILENO, text.data, text.used);
	if (r < 0) {
		return error_set(err, r, "standard output: %s", error_name(r));
	}
	if (!settings->textfile[0]) {
		return 0;
	}
	text_init(&text, buffer, sizeof(buffer));
	render_prometheus(&text, &once.system, &once.processes);
	r = replace_file(settings->textfile, text.data, text.used);
	return r < 0 ? error_set(err, r, "%s: %s", settings->textfile, error_name(r)) : 0;
}
