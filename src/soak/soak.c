#include "soak/soak.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "soak/evidence.h"
#include "soak/log.h"
#include "soak/sampler.h"
#include "soak/samples.h"
#include "soak/viewers.h"
#include "stats/looks.h"
#include "util/cleanup.h"
#include "util/clock.h"

#define TURN_MS        100
#define LOG_EVERY_S    300 /* as the guide's script does */
#define JUDGE_EVERY_S  300
#define SILENCE_MAX_NS (600 * NSEC_PER_SEC)
#define FPS_SHARE      0.95 /* of the rate that the server is to deliver */
#define DISK_EVERY_S   3600

struct run {
	struct soak_state *state;
	const struct soak_observer *observer;
	struct soak_viewers viewers;
	struct soak_sampler *sampler;
	int samples_fd;
	FILE *log;
	struct soak_verdict verdict;
	bool has_verdict, has_sample;
	double judged_s, logged_s, disk_s; /* elapsed, when it was done last */
	double next_look_s;
	uint64_t answered_ns; /* the latest sample that the server answered */
	uint32_t server_pid;
	struct error trouble;
};

static double elapsed_s(const struct soak_state *state)
{
	return ((double)clock_read_ns(CLOCK_REALTIME) - (double)state->begun_real_ns) / 1e9;
}

int soak_judge_state(
	const struct soak_state *state, struct soak_verdict *ret_verdict, struct error *err)
{
	const struct soak_judging judging = {.fps_bar = FPS_SHARE * state->fps_target};
	struct samples samples;
	char path[PATH_MAX];

	int r = soak_state_path(state, SOAK_SAMPLES_NAME, path);
	if (r < 0) {
		return error_set(err, r, "%s: %s", state->folder, error_name(r));
	}
	r = samples_map(path, &samples, err);
	if (r < 0) {
		return r;
	}
	r = soak_judge(&samples, &judging, ret_verdict);
	samples_unmap(&samples);
	return r < 0 ? error_set(err, r, "%s: %s", path, error_name(r)) : 0;
}

static int judge(struct run *run, struct error *err)
{
	int r = soak_judge_state(run->state, &run->verdict, err);

	run->has_verdict |= r == 0;
	return r;
}

static void note_verdict(struct run *run, const char *occasion)
{
	const struct soak_trend *worst = soak_verdict_worst(&run->verdict);

	soak_log_note(run->log, "%s: %s%s%s", occasion, leak_verdict_name(run->verdict.leak),
		worst ? ", " : "", worst ? soak_figures[worst->figure].name : "");
}

/* Every 300 s the memory in use, as a person would want to read it afterwards. */
static void log_memory(struct run *run, const struct soak_sample *sample, double elapsed)
{
	double used = sample->figures[SOAK_FIGURE_USED_PERCENT];

	if (elapsed - run->logged_s < LOG_EVERY_S) {
		return;
	}
	run->logged_s = elapsed;
	if (isnan(used)) {
		soak_log_note(run->log, "elapsed %.0f s, %.0f viewers", elapsed,
			sample->figures[SOAK_FIGURE_VIEWERS]);
	} else {
		soak_log_note(run->log, "elapsed %.0f s, memory in use %.1f %%, %.0f viewers",
			elapsed, used, sample->figures[SOAK_FIGURE_VIEWERS]);
	}
}

static void watch_server(struct run *run, const struct soak_sample *sample)
{
	if (sample->server_pid > 0) {
		run->answered_ns = clock_now_ns();
		if (run->server_pid > 0 && sample->server_pid != run->server_pid) {
			soak_log_note(run->log,
				"the server was restarted: process %u instead of %u",
				sample->server_pid, run->server_pid);
		}
		run->server_pid = sample->server_pid;
	} else if (run->trouble.text[0]) {
		soak_log_note(run->log, "%s", run->trouble.text);
	}
	if (sample->figures[SOAK_FIGURE_VIEWERS_LOST] > 0) {
		soak_log_note(run->log, "%.0f viewers lost: %s",
			sample->figures[SOAK_FIGURE_VIEWERS_LOST], run->viewers.err.text);
	}
}

/* A full disk costs samples, but does not end a run of a week: room may be made. */
static void append(struct run *run, const struct soak_sample *sample, double elapsed)
{
	int r = samples_append(run->samples_fd, sample);

	if (r < 0 && (run->disk_s == 0 || elapsed - run->disk_s > DISK_EVERY_S)) {
		run->disk_s = elapsed;
		snprintf(run->trouble.text, sizeof(run->trouble.text),
			"%.200s/" SOAK_SAMPLES_NAME ": a sample is lost: %s", run->state->folder,
			error_name(r));
		soak_log_note(run->log, "%s", run->trouble.text);
	}
}

static void report(struct run *run, double elapsed)
{
	const struct soak_progress progress = {
		.elapsed_s = elapsed,
		.duration_s = clock_to_seconds(run->state->plan.duration_ns),
		.verdict = run->has_verdict ? &run->verdict : NULL,
		.trouble = run->trouble.text,
	};

	run->observer->on_progress(run->observer->data, &progress);
}

/* 1 when a leak was found at one of the times at which it is looked for. */
static int look(struct run *run, double elapsed, struct error *err)
{
	bool is_look = elapsed >= run->next_look_s;

	if (!is_look && elapsed - run->judged_s < JUDGE_EVERY_S) {
		return 0;
	}
	run->judged_s = elapsed;
	int r = judge(run, err);
	if (r < 0 || !is_look) {
		return r;
	}
	run->next_look_s = looks_next_s(elapsed);
	note_verdict(run, "verdict");
	return run->verdict.leak == LEAK_VERDICT_LEAK;
}

/* The first one comes at once, when the viewers are only about to see something. */
static void take_viewers(struct run *run, struct soak_sample *sample)
{
	struct soak_sample unused = {0};

	soak_viewers_take(&run->viewers, run->has_sample ? sample : &unused);
	run->has_sample = true;
}

/* 1 as look(). */
static int handle_sample(
	struct run *run, struct soak_sample *sample, double fps_target, struct error *err)
{
	double elapsed = elapsed_s(run->state);

	take_viewers(run, sample);
	watch_server(run, sample);
	append(run, sample, elapsed);
	log_memory(run, sample, elapsed);
	if (fps_target > run->state->fps_target) {
		int r = soak_state_set_fps(run->state, fps_target, err);
		if (r < 0) {
			return r;
		}
	}
	int r = look(run, elapsed, err);
	if (r >= 0) {
		report(run, elapsed);
	}
	return r;
}

static void init_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGUSR1);
	sigprocmask(SIG_BLOCK, set, NULL);
}

/* Whether a signal asks for the end. */
static bool take_signal(struct run *run, const sigset_t *set)
{
	static const struct timespec now = {0};
	struct error err;
	int number = sigtimedwait(set, NULL, &now);

	if (number == SIGUSR1 && judge(run, &err) == 0) {
		run->observer->on_verdict(run->observer->data, &run->verdict);
	}
	return number == SIGINT || number == SIGTERM;
}

static int loop(struct run *run, const sigset_t *signals, enum soak_end *ret_end, struct error *err)
{
	double duration = clock_to_seconds(run->state->plan.duration_ns);
	struct soak_sample sample;
	double fps_target;

	while (elapsed_s(run->state) < duration) {
		int r = soak_viewers_turn(&run->viewers, TURN_MS);
		if (r < 0) {
			return error_set(err, r, "soak: viewers: %s", error_name(r));
		}
		if (take_signal(run, signals)) {
			*ret_end = SOAK_END_INTERRUPTED;
			return 0;
		}
		if (!soak_sampler_take(run->sampler, &sample, &fps_target, &run->trouble)) {
			continue;
		}
		r = handle_sample(run, &sample, fps_target, err);
		if (r < 0) {
			return r;
		}
		if (r > 0) {
			*ret_end = SOAK_END_LEAK;
			return 0;
		}
		if (clock_now_ns() - run->answered_ns > SILENCE_MAX_NS) {
			*ret_end = SOAK_END_NO_SERVER;
			return 0;
		}
	}
	*ret_end = SOAK_END_DONE;
	return 0;
}

static int open_files(struct run *run, struct error *err)
{
	char path[PATH_MAX];

	int r = soak_state_path(run->state, SOAK_SAMPLES_NAME, path);
	if (r < 0) {
		return error_set(err, r, "%s: %s", run->state->folder, error_name(r));
	}
	run->samples_fd = samples_open(path, err);
	if (run->samples_fd < 0) {
		return run->samples_fd;
	}
	r = soak_state_path(run->state, SOAK_LOG_NAME, path);
	run->log = r < 0 ? NULL : fopen(path, "ae");
	if (!run->log) {
		return error_set(err, -errno, "%s: %s", path, error_name(-errno));
	}
	return 0;
}

static int begin(struct run *run, struct error *err)
{
	struct url url;

	int r = url_parse(run->state->plan.url, &url, err);
	if (r < 0) {
		return r;
	}
	r = open_files(run, err);
	if (r < 0) {
		return r;
	}
	r = soak_viewers_init(&run->viewers, &url, run->state->plan.viewers, err);
	if (r < 0) {
		return r;
	}
	soak_log_note(run->log,
		run->state->is_continued ? "continued: %s, %u viewers" : "begun: %s, %u viewers",
		run->state->plan.url, run->state->plan.viewers);
	return soak_sampler_start(&run->sampler, &url, run->state->plan.interval_ns, err);
}

static const char *end_name(enum soak_end end)
{
	switch (end) {
	case SOAK_END_DONE:
		return "ended";
	case SOAK_END_INTERRUPTED:
		return "interrupted";
	case SOAK_END_LEAK:
		return "ended early: leak";
	default:
		return "ended early: the server does not answer";
	}
}

static void done(struct run *run)
{
	soak_sampler_stop(run->sampler);
	soak_viewers_done(&run->viewers);
	close_fd(run->samples_fd);
	if (run->log) {
		fclose(run->log);
	}
}

int soak_run(struct soak_state *state, const struct soak_observer *observer, enum soak_end *ret_end,
	struct error *err)
{
	struct run run = {.state = state,
		.observer = observer,
		.samples_fd = -1,
		.answered_ns = clock_now_ns(),
		.next_look_s = looks_next_s(elapsed_s(state))};
	sigset_t signals;

	init_signals(&signals);
	int r = begin(&run, err);
	if (r == 0) {
		r = loop(&run, &signals, ret_end, err);
	}
	if (r == 0) {
		soak_log_note(run.log, "%s after %.0f s", end_name(*ret_end), elapsed_s(state));
	}
	if (r == 0 && *ret_end == SOAK_END_LEAK) {
		struct error why = {0};
		if (soak_evidence_save(state, (pid_t)run.server_pid, &why) < 0) {
			soak_log_note(run.log, "evidence: %s", why.text);
		}
	}
	done(&run);
	return r;
}
