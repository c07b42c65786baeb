#include "server/http/request.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#define CAMERA_LIST_MAX 320 /* all names, commas and the NUL */

/* libwebsockets drops what is beyond a limit with the rest of the line, and so the version. */
static bool is_cut(struct lws *wsi, int path_length)
{
	return path_length >= REQUEST_URI_MAX ||
	       lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_URI_ARGS) >= REQUEST_URI_MAX;
}

static unsigned check_version(struct lws *wsi, int path_length)
{
	char version[16];

	if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP) == 0) {
		/* Else the line ended at an escaped newline: what follows is no header of ours. */
		return is_cut(wsi, path_length) ? 414 : 400;
	}
	if (lws_hdr_copy(wsi, version, sizeof(version), WSI_TOKEN_HTTP) <= 0 ||
		strncmp(version, "HTTP/1.", 7) != 0) {
		return 505;
	}
	return 200;
}

unsigned request_read(struct lws *wsi, char *path, size_t size)
{
	char *uri = NULL;
	int length = 0;
	int method = lws_http_get_uri_and_method(wsi, &uri, &length);

	if (method < 0 || !uri) {
		return 400;
	}
	unsigned status = check_version(wsi, length);
	if (status != 200) {
		return status;
	}
	if (method != LWSHUMETH_GET && method != LWSHUMETH_HEAD) {
		return 405;
	}
	if ((size_t)length >= size) {
		return 414;
	}
	memcpy(path, uri, (size_t)length);
	path[length] = '\0';
	return 200;
}

unsigned request_refuse(const char *data, size_t size)
{
	static const char version[] = " HTTP/";
	const char *end = memchr(data, '\n', size);
	size_t length = 0;

	while (length < size && isalpha((unsigned char)data[length])) {
		length++;
	}
	bool is_line = end && length > 0 && data[length] == ' ' &&
		       memmem(data, (size_t)(end - data), version, sizeof(version) - 1);
	return is_line ? 405 : 400;
}

/* lws_get_urlarg_by_name() takes an argument that its buffer does not hold for the end of them. */
int request_argument(struct lws *wsi, const char *name, char *value, size_t size)
{
	const enum lws_token_indexes arguments = WSI_TOKEN_HTTP_URI_ARGS;
	char text[SERVER_HEADERS_MAX_BYTES];
	size_t length = strlen(name);

	for (int i = 0; lws_hdr_copy_fragment(wsi, text, sizeof(text), arguments, i) >= 0; i++) {
		if (strncmp(text, name, length) != 0) {
			continue;
		}
		if (strlen(text + length) >= size) {
			return -E2BIG;
		}
		strcpy(value, text + length);
		return 1;
	}
	return 0;
}

static unsigned mask_of_all(struct hub *hub, struct hub_slot **ret_first)
{
	unsigned mask = 0;

	*ret_first = NULL;
	for (unsigned i = HUB_SLOTS_MAX; i-- > 0;) {
		if (hub_get(hub, i)) {
			*ret_first = hub_get(hub, i);
			mask |= 1U << i;
		}
	}
	return mask;
}

/* Splits list in place. 0 when one of the names is unknown. */
static unsigned mask_of_list(struct hub *hub, char *list, struct hub_slot **ret_first)
{
	unsigned mask = 0;
	char *rest;

	for (char *name = strtok_r(list, ",", &rest); name; name = strtok_r(NULL, ",", &rest)) {
		struct hub_slot *slot = hub_find(hub, name);
		if (!slot) {
			return 0;
		}
		if (mask == 0) {
			*ret_first = slot;
		}
		mask |= 1U << hub_slot_index(slot);
	}
	return mask;
}

bool request_cameras(struct lws *wsi, const char *path, const char *prefix, unsigned *ret_mask,
	struct hub_slot **ret_first)
{
	struct hub *hub = server_of(wsi)->hub;
	size_t length = strlen(prefix);
	char list[CAMERA_LIST_MAX] = "";

	if (strncmp(path, prefix, length) != 0 || (path[length] && path[length] != '/')) {
		return false;
	}
	if (path[length]) {
		struct hub_slot *slot = hub_find(hub, path + length + 1);
		*ret_first = slot;
		*ret_mask = slot ? 1U << hub_slot_index(slot) : 0;
		return slot;
	}
	int r = request_argument(wsi, "camera=", list, sizeof(list));
	if (r < 0) {
		return false; /* longer than all names together */
	}
	*ret_mask = r > 0 && strcmp(list, "all") != 0 ? mask_of_list(hub, list, ret_first)
						      : mask_of_all(hub, ret_first);
	return *ret_mask;
}

bool request_is_same_origin(struct lws *wsi)
{
	char origin[REQUEST_PATH_MAX], host[REQUEST_PATH_MAX];
	int origin_length = lws_hdr_total_length(wsi, WSI_TOKEN_ORIGIN);

	if (origin_length == 0) {
		return true;
	}
	if (lws_hdr_copy(wsi, origin, sizeof(origin), WSI_TOKEN_ORIGIN) <= 0 ||
		lws_hdr_copy(wsi, host, sizeof(host), WSI_TOKEN_HOST) <= 0) {
		return false;
	}
	const char *authority = strstr(origin, "://");
	return authority && strcasecmp(authority + 3, host) == 0;
}
