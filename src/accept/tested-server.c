#include "accept/tested-server.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "accept/sibling.h"
#include "client/status.h"
#include "util/clock.h"
#include "util/json.h"
#include "util/sysroot.h"

#define ASK_TIMEOUT_NS   (5 * NSEC_PER_SEC)
#define START_TIMEOUT_NS (15 * NSEC_PER_SEC)
#define STOP_TIMEOUT_NS  (10 * NSEC_PER_SEC)
#define PAUSE_NS         (20 * NSEC_PER_MSEC)
#define PROGRAM          "twinlens-serve"

static void pause_shortly(void)
{
	nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
}

int tested_server_ask(const struct tested_server *server, json_t **ret_status, struct error *err)
{
	return status_fetch(server->url, ASK_TIMEOUT_NS, ret_status, err);
}

/* Its memory is read from this machine's /proc: it has to be here. */
static int take_pid(struct tested_server *server, const json_t *status, struct error *err)
{
	pid_t pid = (pid_t)json_integer_value(json_object_get(status, "pid"));
	char path[64], name[32];

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	if (pid <= 0 || sysroot_read(&sysroot_real, path, name, sizeof(name)) < 0 ||
		strcmp(name, PROGRAM) != 0) {
		return error_set(err, -EREMOTE,
			"%s:%s: the server there does not run on this machine; run accept beside "
			"it",
			server->url->host, server->url->port);
	}
	server->pid = pid;
	return 0;
}

static bool has_ended(pid_t pid)
{
	return waitpid(pid, NULL, WNOHANG) != 0;
}

static int wait_ready(struct tested_server *server, struct error *err)
{
	uint64_t end_ns = clock_now_ns() + START_TIMEOUT_NS;

	while (clock_now_ns() < end_ns) {
		_cleanup_json_ json_t *status = NULL;
		if (tested_server_ask(server, &status, err) == 0) {
			return 0;
		}
		if (has_ended(server->pid)) {
			server->is_own = false;
			return error_set(err, -ECHILD,
				"serve: ended instead of starting; serve.log says why");
		}
		pause_shortly();
	}
	return error_set(err, -ETIMEDOUT, "serve: not ready in time; serve.log says why");
}

int tested_server_start(struct tested_server *server, struct error *err)
{
	bool is_v6 = server->url->is_ipv6;
	char listen[URL_HOST_MAX + 16];

	snprintf(listen, sizeof(listen), "%s%s%s:%s", is_v6 ? "[" : "", server->url->host,
		is_v6 ? "]" : "", server->url->port);
	const char *const with_config[] = {"--listen", listen, "-c", server->config, NULL};
	const char *const without[] = {"--listen", listen, NULL};
	int r = sibling_start(
		"serve", server->config ? with_config : without, server->log_fd, &server->pid, err);
	if (r < 0) {
		return r;
	}
	server->is_own = true;
	return wait_ready(server, err);
}

int tested_server_open(struct tested_server *server, const struct url *url, const char *config,
	int log_fd, struct error *err)
{
	_cleanup_json_ json_t *status = NULL;

	*server = (struct tested_server){.url = url, .config = config, .log_fd = log_fd};
	int r = tested_server_ask(server, &status, err);
	if (r == -ECONNREFUSED) {
		return tested_server_start(server, err);
	}
	return r < 0 ? r : take_pid(server, status, err);
}

static void end(struct tested_server *server, int signal)
{
	uint64_t end_ns = clock_now_ns() + STOP_TIMEOUT_NS;

	kill(server->pid, signal);
	while (!has_ended(server->pid)) {
		if (clock_now_ns() >= end_ns) {
			kill(server->pid, SIGKILL);
		}
		pause_shortly();
	}
	server->is_own = false;
}

int tested_server_restart(struct tested_server *server, struct error *err)
{
	assert(server->is_own);
	end(server, SIGKILL);
	return tested_server_start(server, err);
}

void tested_server_close(struct tested_server *server)
{
	if (server->is_own) {
		end(server, SIGTERM);
	}
}
