#include "cli/accept/run.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "accept/assemble.h"
#include "accept/findings.h"
#include "accept/output.h"
#include "cli/verb.h"
#include "util/cleanup.h"
#include "util/file/folder.h"
#include "util/json.h"
#include "util/log.h"

#define OVERHEAD_S 15 /* what opening, stress and recovery take, about */
#define TURNS_S    40 /* more, to take memory and give it back in turns */

struct session {
	const struct accept_options *options;
	struct baseline baseline;
	bool has_baseline;
	struct prove_soak soak;
	struct prove_startup startup;
	struct simulated simulated;
	struct tested_server server;
	struct measurement *measurement;
	struct checklist_facts facts;
	struct assembled assembled;
	time_t began;
};

/* In one line, or as the one document on stdout. */
static int fail(const struct session *session, const struct error *err)
{
	_cleanup_json_ json_t *document = json_pack("{s:s}", "error", err->text);

	log_error("%s", err->text);
	if (session->options->is_json && document) {
		json_dumpf(document, stdout, JSON_INDENT(2));
		printf("\n");
	}
	return err->code == -ECONNREFUSED || err->code == -EACCES || err->code == -EREMOTE ||
			       err->code == -ENOTSUP
		       ? EXIT_STATUS_LACKING
		       : EXIT_STATUS_FAILED;
}

/* On a terminal one line that changes; else a line a phase. */
static void print_progress(enum measure_phase phase, unsigned done, unsigned total)
{
	static const struct {
		const char *name, *unit;
	} phases[] = {
		[MEASURE_PHASE_OPENING] = {"waiting for the first pictures", ""},
		[MEASURE_PHASE_VIEWERS] = {"measuring with 4 viewers", "s"},
		[MEASURE_PHASE_STRESS] = {"stress: more viewers come and go", "rounds"},
		[MEASURE_PHASE_RECOVERY] = {"recovery: killing the server", "rounds"},
		[MEASURE_PHASE_TURNS] = {"latency with all memory and with less", "turns"},
	};
	const char *name = phases[phase].name;
	char part[64] = "";

	if (total > 1) {
		snprintf(part, sizeof(part), ": %u of %u %s", done, total, phases[phase].unit);
	}
	if (isatty(STDERR_FILENO)) {
		fprintf(stderr, "\r\033[K%s%s", name, part);
		fflush(stderr);
	} else if (done == 0) {
		log_info("%s%s", name, part);
	}
}

static void end_progress(void)
{
	if (isatty(STDERR_FILENO)) {
		fprintf(stderr, "\r\033[K");
	}
}

static int open_file(const char *folder, const char *name, struct error *err)
{
	char path[PATH_MAX];

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder, name) >= sizeof(path)) {
		return error_set(err, -ENAMETOOLONG, "%s/%s: name too long", folder, name);
	}
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
	if (fd < 0) {
		int r = -errno;
		return error_set(err, r, "%s: cannot be written: %s", path, error_name(r));
	}
	return fd;
}

static int load_baseline(struct session *session, struct error *err)
{
	const struct accept_options *options = session->options;

	if (options->stage == PROVE_STAGE_BASELINE) {
		return 0;
	}
	int r = baseline_load(&session->baseline, options->baseline, err);
	if (r == -ENOENT && !options->is_baseline_given) {
		return 0;
	}
	session->has_baseline = r == 0;
	return r;
}

/* In the stage "simulated". */
static int take_memory(struct session *session, struct error *err)
{
	if (session->options->stage != PROVE_STAGE_SIMULATED) {
		return 0;
	}
	log_info("taking memory from this machine");
	session->simulated.memory_bytes = session->options->memory_bytes;
	return simulated_take(&session->simulated, &sysroot_real, session->options->signal_fd, err);
}

/* Cameras of a driver, which are opened many times, add what they need for that. */
static unsigned estimate_seconds(const struct session *session)
{
	unsigned seconds = session->options->seconds;

	return seconds + OVERHEAD_S + (session->simulated.is_held ? seconds + TURNS_S : 0);
}

static int run_measurement(struct session *session, int log_fd, FILE *samples, struct error *err)
{
	const struct accept_options *options = session->options;
	const struct measure_options measure_options = {
		.server = &session->server,
		.simulated = &session->simulated,
		.seconds = options->seconds,
		.signal_fd = options->signal_fd,
		.samples = samples,
		.on_progress = print_progress,
	};

	/* While nothing is measured: systemd answers late when cameras and viewers run. */
	findings_read_startup(&session->startup);
	int r = take_memory(session, err);
	if (r < 0) {
		return r;
	}
	r = tested_server_open(&session->server, &options->url, options->config, log_fd, err);
	if (r < 0) {
		return r;
	}
	log_info("%s the server at %s:%s (process %d); this takes about %u s",
		session->server.is_own ? "started" : "using", options->url.host, options->url.port,
		(int)session->server.pid, estimate_seconds(session));
	r = measure(&measure_options, &session->measurement, err);
	end_progress();
	if (r == 0) {
		r = simulated_give(&session->simulated, err);
	}
	if (r < 0) {
		return r;
	}
	measurement_discount(session->measurement, session->simulated.locked_bytes);
	simulated_describe(&session->simulated);
	session->measurement->run.stage = options->stage;
	session->measurement->run.soak = session->soak;
	findings_read_startup(&session->startup); /* again, where it had not ended before */
	session->measurement->run.startup = session->startup;
	findings_read_checklist(session->measurement, &session->facts);
	return 0;
}

static enum report_language language(void)
{
	const char *name = setlocale(LC_MESSAGES, "");

	return name && strncmp(name, "zh", 2) == 0 ? REPORT_LANGUAGE_ZH : REPORT_LANGUAGE_EN;
}

static int print(const struct session *session, const json_t *document)
{
	const struct report *report = &session->assembled.report;

	if (session->options->is_json) {
		json_dumpf(document, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
		printf("\n");
	} else {
		report_write_table(report, stdout);
		printf("report: %s/accept.html\n", session->options->out);
	}
	return report_verdict(report) == REPORT_STATE_PASS ? EXIT_STATUS_DONE : EXIT_STATUS_FAILED;
}

/* The program of a process; where that is not known, its place in /proc. */
static const char *resolve(pid_t pid, char path[static PATH_MAX])
{
	char link[64];

	snprintf(link, sizeof(link), "/proc/%d/exe", (int)pid);
	if (sysroot_readlink(&sysroot_real, link, path, PATH_MAX) < 0) {
		snprintf(path, PATH_MAX, "%s", link);
	}
	return path;
}

static int write_report(struct session *session)
{
	char server_path[PATH_MAX], own_path[PATH_MAX];
	const char *const files[] = {resolve(session->server.pid, server_path),
		resolve(getpid(), own_path),
		session->server.is_own ? session->options->config : NULL, NULL};
	const char *const commands[] = {session->options->command};
	const struct assemble_input input = {
		.measurement = session->measurement,
		.baseline = session->has_baseline ? &session->baseline : NULL,
		.baseline_path = session->options->baseline,
		.facts = &session->facts,
		.simulation = session->options->stage == PROVE_STAGE_SIMULATED
				      ? &session->simulated.report
				      : NULL,
		.files = files,
		.commands = commands,
		.n_commands = 1,
		.began = session->began,
		.ended = time(NULL),
	};
	struct error err;

	if (assemble(&input, &session->assembled) < 0) {
		log_error("accept: out of memory");
		return EXIT_STATUS_FAILED;
	}
	_cleanup_json_ json_t *document = report_to_json(&session->assembled.report);
	json_t *ages = baseline_ages_to_json(&session->measurement->run);
	if (!document || json_object_set_new(document, "ages", ages) < 0) {
		log_error("accept: out of memory");
		return EXIT_STATUS_FAILED;
	}
	if (output_write(session->options->out, &session->assembled.report, document, language(),
		    &err) < 0) {
		return fail(session, &err);
	}
	return print(session, document);
}

static int run(struct session *session)
{
	const char *folder = session->options->out;
	struct error err;
	int r = folder_make(folder);

	if (r < 0) {
		log_error("%s: cannot be made: %s", folder, error_name(r));
		return EXIT_STATUS_FAILED;
	}
	if (load_baseline(session, &err) < 0) {
		return fail(session, &err);
	}
	if (session->options->soak &&
		findings_read_soak(session->options->soak, &session->soak, &err) < 0) {
		return fail(session, &err);
	}
	_cleanup_close_ int log_fd = open_file(folder, "serve.log", &err);
	if (log_fd < 0) {
		return fail(session, &err);
	}
	int samples_fd = open_file(folder, "samples.jsonl", &err);
	if (samples_fd < 0) {
		return fail(session, &err);
	}
	_cleanup_file_ FILE *samples = fdopen(samples_fd, "w");
	if (!samples) {
		close_fd(samples_fd);
		error_set(&err, -ENOMEM, "accept: out of memory");
		return fail(session, &err);
	}
	if (run_measurement(session, log_fd, samples, &err) < 0) {
		return fail(session, &err);
	}
	return write_report(session);
}

int accept_run(const struct accept_options *options)
{
	struct session session = {.options = options, .began = time(NULL), .startup.seconds = NAN};
	struct error err;
	int status = run(&session);

	assembled_done(&session.assembled);
	measurement_free(session.measurement);
	tested_server_close(&session.server);
	(void)simulated_give(&session.simulated, &err); /* after an error that was reported */
	baseline_done(&session.baseline);
	return status;
}
