#include "server/http/routes.h"

#include <string.h>

#include "server/core/status.h"
#include "server/http/assets.h"
#include "server/http/request.h"
#include "server/http/respond.h"
#include "server/http/stream.h"

/* The page may load itself, and connect to the server that it came from. */
#define PAGE_POLICY                                                                                \
	"Content-Security-Policy: default-src 'none'; script-src 'self'; worker-src 'self'; "      \
	"style-src 'self'; img-src 'self' blob: data:; connect-src 'self' ws: wss:; "              \
	"base-uri 'none'; form-action 'none'\r\n"

static int respond_asset(struct lws *wsi, const char *path)
{
	for (size_t i = 0; i < n_assets; i++) {
		if (strcmp(assets[i].path, path) == 0) {
			return respond(wsi, 200, assets[i].content_type, PAGE_POLICY,
				assets[i].data, assets[i].size);
		}
	}
	return respond_text(wsi, 404, NULL, "not found\n");
}

static int respond_metrics(struct lws *wsi)
{
	size_t size;
	char *text = status_metrics(server_of(wsi), &size);

	if (!text) {
		return respond_text(wsi, 500, NULL, "out of memory\n");
	}
	int r = respond(wsi, 200, "text/plain; version=0.0.4; charset=utf-8", NULL, text, size);
	free(text);
	return r;
}

static int respond_health(struct lws *wsi)
{
	char text[HUB_SLOTS_MAX * (ERROR_TEXT_MAX + HUB_NAME_MAX + 16)];
	bool is_healthy = status_is_healthy(server_of(wsi), text, sizeof(text));

	return respond_text(wsi, is_healthy ? 200 : 503, NULL, text);
}

static int respond_cameras(struct lws *wsi)
{
	json_t *cameras = status_cameras_json(server_of(wsi));

	return respond_json(wsi, json_pack("{s:o}", "cameras", cameras));
}

/* HEAD on a picture gives its type and starts nothing: how long it would be is not known. */
static int start_stream(struct lws *wsi, struct attachment *attachment,
	const struct stream_kind *kind, struct hub_slot *slot)
{
	if (!slot) {
		return respond_text(
			wsi, 404, NULL, "no such camera; the names are in /api/cameras\n");
	}
	if (lws_hdr_total_length(wsi, WSI_TOKEN_HEAD_URI) > 0) {
		return respond(wsi, 200, kind->content_type, NULL, NULL, 0);
	}
	return kind->start(wsi, attachment, slot);
}

/* "stream", "snapshot", "stream_1", ...: as mjpg-streamer has it. NULL: something else. */
static const struct stream_kind *parse_action(const char *action, unsigned *ret_index)
{
	static const struct stream_kind *const kinds[] = {&stream_multipart, &stream_snapshot};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t length = strlen(kinds[i]->name);
		const char *rest = action + length;
		if (strncmp(action, kinds[i]->name, length) != 0) {
			continue;
		}
		if (rest[0] == '\0') {
			*ret_index = 0;
			return kinds[i];
		}
		if (rest[0] == '_' && rest[1] >= '0' && rest[1] <= '9' && rest[2] == '\0') {
			*ret_index = (unsigned)(rest[1] - '0');
			return kinds[i];
		}
	}
	return NULL;
}

static int request_root(struct lws *wsi, struct attachment *attachment)
{
	char action[32];
	unsigned index;

	int r = request_argument(wsi, "action=", action, sizeof(action));
	if (r == 0) {
		return respond_asset(wsi, "/");
	}
	const struct stream_kind *kind = r > 0 ? parse_action(action, &index) : NULL;
	if (!kind) {
		return respond_text(wsi, 404, NULL,
			"action must be stream, snapshot, stream_1 or snapshot_1\n");
	}
	return start_stream(wsi, attachment, kind, hub_get(server_of(wsi)->hub, index));
}

static int route(struct lws *wsi, struct attachment *attachment, const char *path)
{
	struct server *server = server_of(wsi);

	if (strcmp(path, "/") == 0) {
		return request_root(wsi, attachment);
	}
	if (strncmp(path, "/snapshot/", 10) == 0) {
		return start_stream(
			wsi, attachment, &stream_snapshot, hub_find(server->hub, path + 10));
	}
	if (strncmp(path, "/stream/", 8) == 0) {
		return start_stream(
			wsi, attachment, &stream_multipart, hub_find(server->hub, path + 8));
	}
	if (strcmp(path, "/api/status") == 0) {
		return respond_json(wsi, status_json(server));
	}
	if (strcmp(path, "/api/cameras") == 0) {
		return respond_cameras(wsi);
	}
	if (strcmp(path, "/metrics") == 0) {
		return respond_metrics(wsi);
	}
	if (strcmp(path, "/healthz") == 0) {
		return respond_health(wsi);
	}
	return respond_asset(wsi, path);
}

int route_request(struct lws *wsi, struct attachment *attachment)
{
	char path[REQUEST_PATH_MAX];
	unsigned status = request_read(wsi, path, sizeof(path));

	return status == 200 ? route(wsi, attachment, path) : respond_refusal(wsi, status);
}
