#include "client/status.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/clock.h"

struct body {
	char *text;
	size_t size;
	bool is_too_large;
};

static size_t keep(char *data, size_t one, size_t n, void *user)
{
	struct body *body = user;

	(void)one; /* 1 */
	if (body->size + n > STATUS_BYTES_MAX) {
		body->is_too_large = true;
		return 0;
	}
	char *text = realloc(body->text, body->size + n);
	if (!text) {
		return 0;
	}
	memcpy(text + body->size, data, n);
	body->text = text;
	body->size += n;
	return n;
}

static int code_of(CURLcode result, const struct body *body)
{
	switch (result) {
	case CURLE_OPERATION_TIMEDOUT:
		return -ETIMEDOUT;
	case CURLE_COULDNT_CONNECT:
		return -ECONNREFUSED;
	case CURLE_COULDNT_RESOLVE_HOST:
		return -EHOSTUNREACH;
	case CURLE_WRITE_ERROR:
		return body->is_too_large ? -EMSGSIZE : -ENOMEM;
	case CURLE_OUT_OF_MEMORY:
		return -ENOMEM;
	default:
		return -EPROTO;
	}
}

static int take_status(
	const struct body *body, const char *address, json_t **ret_status, struct error *err)
{
	json_t *status = body->text ? json_loadb(body->text, body->size, 0, NULL) : NULL;

	if (!json_is_array(json_object_get(status, "cameras"))) {
		json_decref(status);
		return error_set(err, -EPROTO, "%s: not the status of a twinlens server", address);
	}
	*ret_status = status;
	return 0;
}

static int perform(CURL *curl, const char *address, json_t **ret_status, struct error *err)
{
	char why[CURL_ERROR_SIZE] = "";
	struct body body = {0};
	long status = 0;

	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
	CURLcode result = curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	int r;
	if (result != CURLE_OK) {
		r = error_set(err, code_of(result, &body), "%s: %s", address,
			why[0] ? why : curl_easy_strerror(result));
	} else if (status != 200) {
		r = error_set(err, -EPROTO, "%s: HTTP status %ld", address, status);
	} else {
		r = take_status(&body, address, ret_status, err);
	}
	free(body.text);
	return r;
}

int status_fetch(const struct url *url, uint64_t timeout_ns, json_t **ret_status, struct error *err)
{
	static const char path[] = "/api/status";
	char address[URL_BASE_SIZE + sizeof(path)];

	url_write_base(url, address);
	strcat(address, path);
	CURL *curl = curl_easy_init();
	if (!curl) {
		return error_set(err, -ENOMEM, "%s: %s", address, error_name(-ENOMEM));
	}
	curl_easy_setopt(curl, CURLOPT_URL, address);
	curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L); /* threads */
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)(timeout_ns / NSEC_PER_MSEC));
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep);
	int r = perform(curl, address, ret_status, err);
	curl_easy_cleanup(curl);
	return r;
}
