#include "soak/evidence.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "client/status.h"
#include "util/beside.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/json.h"

#define STATUS_TIMEOUT_NS (5 * NSEC_PER_SEC)
#define PROFILE_DURATION  "10s"
#define PROFILE_LIMIT_NS  (60 * NSEC_PER_SEC)
#define POLL_NS           (100 * NSEC_PER_MSEC)

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

static int wait_for(pid_t pid, int *ret_status)
{
	static const struct timespec pause = {.tv_nsec = (long)POLL_NS};
	uint64_t deadline_ns = clock_now_ns() + PROFILE_LIMIT_NS;

	while (waitpid(pid, ret_status, WNOHANG) == 0) {
		if (clock_now_ns() > deadline_ns) {
			kill(pid, SIGKILL);
			waitpid(pid, ret_status, 0);
			return -ETIMEDOUT;
		}
		nanosleep(&pause, NULL);
	}
	return 0;
}

/* It says on standard output what it found; that is in its files, too. */
static int spawn_quietly(const char *path, char *const *argv, pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;

	sigemptyset(&none);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	int r = posix_spawn(ret_pid, path, &actions, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return -r;
}

static int save_profile(const struct soak_state *state, pid_t pid, struct error *err)
{
	char program[PATH_MAX], number[16], folder[PATH_MAX];
	char name[] = "twinlens-profile", by_pid[] = "--pid", for_time[] = "--duration";
	char duration[] = PROFILE_DURATION, out[] = "--out";
	char *argv[] = {name, by_pid, number, for_time, duration, out, folder, NULL};
	pid_t child;
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
		r = spawn_quietly(program, argv, &child);
	}
	if (r == 0) {
		r = wait_for(child, &status);
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
