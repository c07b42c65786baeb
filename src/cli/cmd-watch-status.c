/*
 * What a server says of its cameras, as figures. A program of its own, which twinlens-watch runs
 * every ten seconds at most, as it links libcurl and jansson; the recorder does neither.
 */
#include "cli/verb.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "client/status.h"
#include "kernel/process/listeners.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/json.h"
#include "util/log.h"
#include "util/parse.h"

#define TIMEOUT_NS NSEC_PER_SEC

const char verb_name[] = "watch";

static int ask_url(const char *text, json_t **ret_status, struct error *err)
{
	struct url url;
	int r = url_parse(text, &url, err);

	return r < 0 ? r : status_fetch(&url, TIMEOUT_NS, ret_status, err);
}

/*
 * The first answer of an address that the process listens on, which is printed. 0 or a negative
 * errno with err.
 */
static int find_process(pid_t pid, json_t **ret_status, struct error *err)
{
	struct listeners listeners;
	int r = listeners_read(&sysroot_real, pid, &listeners);

	if (r < 0) {
		return error_set(err, r, "process %d: its sockets cannot be read: %s", (int)pid,
			error_name(r));
	}
	r = error_set(err, -ENOENT, "process %d listens nowhere", (int)pid);
	for (size_t i = 0; i < listeners.n && r < 0; i++) {
		struct url url;
		url_set_address(&listeners.addresses[i], &url);
		r = status_fetch(&url, TIMEOUT_NS, ret_status, err);
		if (r == 0) {
			char base[URL_BASE_SIZE];
			url_write_base(&url, base);
			printf("url %s\n", base);
		}
	}
	return r;
}

/* Where it answered before, first: to look for its sockets costs more than to ask. */
static int ask_process(pid_t pid, const char *before, json_t **ret_status, struct error *err)
{
	_cleanup_json_ json_t *status = NULL;

	if (before && ask_url(before, &status, err) == 0 &&
		json_integer_value(json_object_get(status, "pid")) == pid) {
		printf("url %s\n", before);
		*ret_status = take_ptr(status);
		return 0;
	}
	return find_process(pid, ret_status, err);
}

static void print_number(const char *name, const json_t *value)
{
	if (json_is_number(value)) {
		printf("%s %.15g\n", name, json_number_value(value));
	}
}

static void print_camera(const json_t *camera)
{
	const char *name = json_text(camera, "name"), *state = json_text(camera, "state");
	const json_t *fps = json_object_get(camera, "fps");

	if (name[0] && state[0] && json_is_number(fps)) {
		printf("camera.%s.fps %.15g\ncamera.%s.state %s\n", name, json_number_value(fps),
			name, state);
	}
}

static void print_figures(const json_t *status)
{
	const json_t *camera;
	size_t i;

	printf("server.viewers %zu\n", json_array_size(json_object_get(status, "viewers")));
	print_number("server.heap_bytes",
		json_object_get(json_object_get(status, "memory"), "heap_bytes"));
	json_array_foreach(json_object_get(status, "cameras"), i, camera) {
		print_camera(camera);
	}
}

/*
 * URL, or PID [URL]: the URL that was printed the last time. Prints "url URL" for a process, and
 * lines of "NAME VALUE"; on a failure why, to standard output as well: watch reports it.
 */
int verb_run(int argc, char **argv)
{
	_cleanup_json_ json_t *status = NULL;
	struct error err;
	uint64_t pid;

	bool is_pid = argc >= 2 && parse_u64(argv[1], 1, INT_MAX, &pid) == 0;
	if (argc < 2 || argc > 2 + is_pid) {
		log_error("twinlens-watch-status: is run by twinlens watch");
		return EXIT_STATUS_USAGE;
	}
	int r = is_pid ? ask_process((pid_t)pid, argv[2], &status, &err)
		       : ask_url(argv[1], &status, &err);
	if (r < 0) {
		printf("%s\n", err.text);
		return EXIT_STATUS_FAILED;
	}
	print_figures(status);
	return EXIT_STATUS_DONE;
}
