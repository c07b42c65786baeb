/* The life of the server: its limits, its loop, its listening socket, its settings. */
#include "server/server.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#include "server/closing.h"
#include "server/core/connections.h"
#include "server/core/listener.h"
#include "server/http/request.h"
#include "server/protocols.h"
#include "server/watch.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/log.h"

/* As measured: libwebsockets' and our own heap of an open connection, rounded up. */
#define CONNECTION_BYTES ((size_t)12 * 1024)

/* What libwebsockets has to say is about single connections: of interest to developers only. */
static void log_library(int level, const char *line)
{
	(void)level;
	log_debug("libwebsockets: %.*s", (int)strcspn(line, "\n"), line);
}

/*
 * libwebsockets sizes its tables by the limit of descriptors, and finds a connection by its
 * descriptor at once only when it takes that limit as it is.
 */
static int limit_descriptors(const struct server_config *config, struct error *err)
{
	rlim_t wanted = connections_max(config) + SERVER_OWN_DESCRIPTORS;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0) {
		return error_set(err, -errno, "limit of open files: %s", error_name(-errno));
	}
	if (limit.rlim_max < wanted) {
		return error_set(err, -EMFILE,
			"max_viewers = %u needs %llu open files and the limit is %llu; raise "
			"LimitNOFILE",
			config->max_viewers, (unsigned long long)wanted,
			(unsigned long long)limit.rlim_max);
	}
	limit.rlim_cur = wanted;
	return setrlimit(RLIMIT_NOFILE, &limit) < 0
		       ? error_set(err, -errno, "limit of open files: %s", error_name(-errno))
		       : 0;
}

static int create_context(struct server *server, struct error *err)
{
	/* A request line that is too long can be answered so, and a long cookie is no obstacle. */
	static const struct lws_token_limits limits = {
		.token_limit = {
			[WSI_TOKEN_GET_URI] = REQUEST_URI_MAX,
			[WSI_TOKEN_HEAD_URI] = REQUEST_URI_MAX,
			[WSI_TOKEN_POST_URI] = REQUEST_URI_MAX,
			[WSI_TOKEN_PUT_URI] = REQUEST_URI_MAX,
			[WSI_TOKEN_PATCH_URI] = REQUEST_URI_MAX,
			[WSI_TOKEN_DELETE_URI] = REQUEST_URI_MAX,
			[WSI_TOKEN_OPTIONS_URI] = REQUEST_URI_MAX,
			[WSI_TOKEN_CONNECT] = REQUEST_URI_MAX,
			[WSI_TOKEN_HTTP_COOKIE] = REQUEST_URI_MAX,
		}};
	/* Its own pings, every five minutes, would cut off slow viewers. */
	static const lws_retry_bo_t no_pings = {0};
	const struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN_SERVER,
		.token_limits = &limits,
		.retry_and_idle_policy = &no_pings,
		.listen_accept_protocol = PROTOCOL_REFUSAL_NAME,
		.protocols = server_protocols,
		.user = server,
		.options = LWS_SERVER_OPTION_VALIDATE_UTF8 | LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
			   LWS_SERVER_OPTION_DISABLE_IPV6 |
			   LWS_SERVER_OPTION_FALLBACK_TO_APPLY_LISTEN_ACCEPT_CONFIG,
		.max_http_header_data = SERVER_HEADERS_MAX_BYTES,
		.pt_serv_buf_size = SERVER_HEADERS_MAX_BYTES,
		/* It closes without a word: our own limit, which is answered, comes first. */
		.timeout_secs = SERVER_REQUEST_TIMEOUT_S + 1,
		.timeout_secs_ah_idle = SERVER_REQUEST_TIMEOUT_S + 1,
		.keepalive_timeout = SERVER_REQUEST_TIMEOUT_S,
		.vhost_name = "twinlens",
	};

	lws_set_log_level(LLL_ERR | LLL_WARN, log_library);
	server->context = lws_create_context(&info);
	server->vhost = server->context ? lws_create_vhost(server->context, &info) : NULL;
	return server->vhost ? 0 : error_set(err, -ENOMEM, "libwebsockets could not start");
}

static void warn_if_reachable(const char *address, int fd)
{
	char others[LISTENER_OTHERS_MAX][LISTENER_ADDRESS_MAX];

	if (listener_is_loopback(fd)) {
		return;
	}
	log_warning("listening on %s, which other machines can reach: everyone who does can"
		    " watch; there is no password and no encryption",
		address);
	size_t n = listener_others(fd, others);
	for (size_t i = 0; i < n; i++) {
		log_info("others reach it at http://%s/", others[i]);
	}
}

static int start_listening(
	struct server *server, const struct server_config *config, struct error *err)
{
	char address[sizeof(server->address)];
	int fd;
	int replaced = server->listener ? lws_get_socket_fd(server->listener) : -1;
	int r = listener_open(config, replaced, &fd, address, sizeof(address), err);

	if (r < 0) {
		return r;
	}
	warn_if_reachable(address, fd);
	struct lws *listener = watch_adopt_file(server, fd, PROTOCOL_LISTENER_NAME);
	if (!listener) {
		return error_set(err, -ENOMEM, "listen %s: out of memory", address);
	}
	if (server->listener) {
		lws_set_timeout(server->listener, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
	}
	server->listener = listener;
	listener_local_address(fd, server->address, sizeof(server->address));
	return 0;
}

static int start(struct server *server, struct error *err)
{
	int r = limit_descriptors(&server->config.server, err);

	if (r < 0) {
		return r;
	}
	r = create_context(server, err);
	if (r < 0) {
		return r;
	}
	return start_listening(server, &server->config.server, err);
}

/* lws_cancel_service() is the only call of libwebsockets that is safe from another thread. */
static void wake_loop(void *userdata)
{
	struct server *server = userdata;

	lws_cancel_service(server->context);
}

int server_new(
	const struct config *config, struct hub *hub, struct server **ret_server, struct error *err)
{
	struct server *server = calloc(1, sizeof(*server));

	if (!server) {
		return error_set(err, -ENOMEM, "server: out of memory");
	}
	server->config = *config;
	server->max_viewers_at_start = config->server.max_viewers;
	server->hub = hub;
	server->started_ns = server->cpu_mark_ns = clock_now_ns();
	server->cpu_mark_used_ns = clock_process_cpu_ns();
	int r = start(server, err);
	if (r < 0) {
		server_free(server);
		return r;
	}
	hub_set_notify(hub, wake_loop, server);
	*ret_server = server;
	return 0;
}

struct server *server_free(struct server *server)
{
	if (!server) {
		return NULL;
	}
	hub_set_notify(server->hub, NULL, NULL);
	if (server->context) {
		lws_context_destroy(server->context);
	}
	alerts_done(&server->alerts);
	free(server);
	return NULL;
}

const char *server_address(const struct server *server)
{
	return server->address;
}

int server_run(struct server *server)
{
	while (!server->is_closing || server->viewers) {
		int r = lws_service(server->context, 0);
		if (r < 0) {
			return -EIO;
		}
	}
	return 0;
}

void server_stop(struct server *server)
{
	atomic_store(&server->is_stopping, true);
	wake_loop(server);
}

void server_set_on_change(struct server *server, server_change_fn on_change, void *userdata)
{
	server->on_change = on_change;
	server->on_change_data = userdata;
}

unsigned server_count_viewers(const struct server *server)
{
	return server->n_viewers;
}

int server_configure(struct server *server, const struct config *config, struct error *err)
{
	const struct server_config *now = &server->config.server, *wanted = &config->server;

	if (strcmp(now->listen_address, wanted->listen_address) != 0 ||
		now->listen_port != wanted->listen_port) {
		int r = start_listening(server, wanted, err);
		if (r < 0) {
			return r;
		}
	}
	server->config = *config;
	if (wanted->max_viewers > server->max_viewers_at_start) {
		server->config.server.max_viewers = server->max_viewers_at_start;
		log_warning("max_viewers = %u: holds after a restart; until then %u, which the"
			    " tables were made for",
			wanted->max_viewers, server->max_viewers_at_start);
	}
	return 0;
}

void server_dismiss_viewers(struct server *server, struct hub_slot *slot)
{
	closing_dismiss_viewers(server, slot);
}

void server_forget_camera(struct server *server, struct hub_slot *slot)
{
	unsigned index = hub_slot_index(slot);

	closing_dismiss_viewers(server, slot);
	server->offered[index] = 0;
	memset(&server->deliveries[index], 0, sizeof(server->deliveries[index]));
}

size_t server_worst_bytes(const struct config *config)
{
	const struct server_config *server = &config->server;
	/* The kernel may take twice of what a send buffer is set to, socket(7). */
	size_t viewer = 2 * server->send_buffer + CONNECTION_BYTES;

	if (config->frames.max_frame > server->send_buffer) {
		viewer += config->frames.max_frame; /* libwebsockets keeps what did not fit */
	}
	return server->max_viewers * viewer +
	       SERVER_OTHER_CONNECTIONS * (CONNECTION_BYTES + SERVER_HEADERS_MAX_BYTES);
}
