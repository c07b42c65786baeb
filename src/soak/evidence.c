#include "soak/evidence.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/status.h"
#include "util/beside.h"
#include "util/child.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/json.h"

#define STATUS_TIMEOUT_NS (5 * NSEC_PER_SEC)
#define PROFILE_DURATION  "10s"
#define PROFILE_LIMIT_NS  (60 * NSEC_PER_SEC)

static int save_smaps(const struct soak_state *state, pid_t pid, struct error *err)
{
	char from[64], to[PATH_MAX], buffer[16384];
	size_t n;

	snprintf(from, sizeof(from), "/proc/%d/smaps", (int)pid);
	int r = soak_state_path(state, "smaps", to);
	if (r < 0) {
		return error_set(err, r, "%s: %s", state->folder, error_name(r));
	}
	_cleanup_file_ FILE *in = fopen(from, "re");
	if (!in) {
		return error_set(err, -errno, "%s: %s", from, error_name(-errno));
	}
	_cleanup_file_ FILE *out = fopen(to, "we");
	if (!out) {
		return error_set(err, -errno, "%s: %s", to, error_name(-errno));
	}
	while ((n = fread(buffer, 1, sizeof(buffer), in)) > 0) {
		if (fwrite(buffer, 1, n, out) != n) {
			break;
		}
	}
	return ferror(in) || ferror(out) || fflush(out) != 0
		       ? error_set(err, -EIO, "%s: %s", to, error_name(-EIO))
		       : 0;
}

static int save_status(const struct soak_state *state, struct error *err)
{
	_cleanup_json_ json_t *status = NULL;
	char path[PATH_MAX];
	struct url url;

	int r = url_parse(state->plan.url, &url, err);
	if (r < 0) {
		return r;
	}
	r = status_fetch(&url, STATUS_TIMEOUT_NS, &status, err);
	if (r < 0) {
		return r;
	}
	r = soak_state_path(state, "status.json", path);
	if (r < 0 || json_dump_file(status, path, JSON_INDENT(2)) < 0) {
		return error_set(err, -EIO, "%s/status.json: %s", state->folder, error_name(-EIO));
	}
	return 0;
}

/* It says on standard output what it found; that is in its files, too. */
static int save_profile(const struct soak_state *state, pid_t pid, struct error *err)
{
	char program[PATH_MAX], number[16], folder[PATH_MAX];
	const char *argv[] = {
		program, "--pid", number, "--duration", PROFILE_DURATION, "--out", folder, NULL};
	const struct child_files files = {.in = -1, .out = -1, .err = STDERR_FILENO};
	_cleanup_child_ struct child child = CHILD_NONE;
	int status;

	snprintf(number, sizeof(number), "%d", (int)pid);
	int r = beside_find("profile", program);
	if (r == -ENOENT) {
		return 0; /* not installed */
	}
	if (r == 0) {
		r = soak_state_path(state, "profile", folder);
	}
	if (r == 0) {
		r = child_start(&child, argv, &files);
	}
	if (r == 0) {
		r = child_wait(&child, clock_now_ns() + PROFILE_LIMIT_NS, &status);
	}
	if (r < 0) {
		return error_set(err, r, "twinlens profile: %s", error_name(r));
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0
		       ? 0
		       : error_set(err, -EIO, "twinlens profile: failed, status 0x%x", status);
}

int soak_evidence_save(const struct soak_state *state, pid_t pid, struct error *err)
{
	struct error later;

	int r = pid > 0 ? save_smaps(state, pid, err) : 0;
	int q = save_status(state, r < 0 ? &later : err);
	r = r < 0 ? r : q;
	q = pid > 0 ? save_profile(state, pid, r < 0 ? &later : err) : 0;
	return r < 0 ? r : q;
}
