#include "server/core/alerts.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/cleanup.h"
#include "util/clock.h"
#include "util/io.h"
#include "util/json.h"
#include "util/log.h"
#include "util/utf8.h"

#define FILE_SIZE_MAX   (16 << 10)
#define TEXT_MAX        96 /* bytes of a name */
#define READ_GAP_NS     NSEC_PER_SEC
#define SLACK_MS        5000
#define INTERVAL_MAX_MS 86400000 /* of watch */

static bool is_text(const json_t *object, const char *key)
{
	const char *text = json_text(object, key);

	return text[0] && strlen(text) < TEXT_MAX && utf8_is_printable(text);
}

/* A number, or a word for a state. */
static bool is_value(const json_t *object, const char *key)
{
	return json_is_number(json_object_get(object, key)) || is_text(object, key);
}

/* What is known of it, and nothing else. NULL when it is not of the form, or out of memory. */
static json_t *take_alert(json_t *alert)
{
	json_t *value = json_object_get(alert, "value");

	if (!is_text(alert, "name") || !is_text(alert, "figure") || !is_text(alert, "op") ||
		!is_text(alert, "since") || !is_value(alert, "limit") ||
		!(json_is_null(value) || is_value(alert, "value"))) {
		return NULL;
	}
	return json_pack("{s:s, s:s, s:s, s:O, s:O, s:s}", "name", json_text(alert, "name"),
		"figure", json_text(alert, "figure"), "op", json_text(alert, "op"), "value", value,
		"limit", json_object_get(alert, "limit"), "since", json_text(alert, "since"));
}

static int check_age(const json_t *document, uint64_t now_unix_ms, struct error *err)
{
	json_int_t written_ms = json_integer_value(json_object_get(document, "unix_ms"));
	json_int_t interval_ms = json_integer_value(json_object_get(document, "interval_ms"));

	if (written_ms <= 0 || interval_ms <= 0 || interval_ms > INTERVAL_MAX_MS) {
		return error_set(err, -EBADMSG, "unix_ms or interval_ms is missing or wrong");
	}
	json_int_t age_ms = (json_int_t)now_unix_ms - written_ms;
	if (age_ms > 2 * interval_ms + SLACK_MS || age_ms < -(2 * interval_ms + SLACK_MS)) {
		return error_set(err, -ESTALE, "is out of date; is twinlens watch running?");
	}
	return 0;
}

int alerts_parse(
	const char *text, size_t size, uint64_t now_unix_ms, json_t **ret_active, struct error *err)
{
	_cleanup_json_ json_t *document = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
	const json_t *alerts = json_object_get(document, "alerts");
	json_t *alert;
	size_t i;

	if (!json_is_array(alerts) || json_array_size(alerts) > ALERTS_MAX) {
		return error_set(err, -EBADMSG, "is not the state of twinlens watch");
	}
	int r = check_age(document, now_unix_ms, err);
	if (r < 0) {
		return r;
	}
	_cleanup_json_ json_t *active = json_array();
	json_array_foreach(alerts, i, alert) {
		if (json_array_append_new(active, take_alert(alert)) < 0) {
			return error_set(
				err, -EBADMSG, "alert %zu is not of the form that is known", i);
		}
	}
	if (!active) {
		return error_set(err, -ENOMEM, "%s", error_name(-ENOMEM));
	}
	*ret_active = take_ptr(active);
	return 0;
}

/* The page shows what is in the file, so only trusted users may write to it. */
static int check_owner(int fd, struct error *err)
{
	struct stat status;

	if (fstat(fd, &status) < 0) {
		return error_set(err, -errno, "%s", error_name(-errno));
	}
	if (!S_ISREG(status.st_mode)) {
		return error_set(err, -EINVAL, "is not a file");
	}
	if ((status.st_uid != 0 && status.st_uid != geteuid()) || (status.st_mode & 022) != 0) {
		return error_set(err, -EPERM,
			"is not trusted: it must belong to root or to the server's user, who alone "
			"may write to it");
	}
	return 0;
}

static int read_file(const char *path, json_t **ret_active, struct error *err)
{
	char text[FILE_SIZE_MAX];
	size_t size;

	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0) {
		return error_set(err, -errno, "%s", error_name(-errno));
	}
	int r = check_owner(fd, err);
	if (r < 0) {
		return r;
	}
	r = io_read_all(fd, text, sizeof(text), &size);
	if (r < 0) {
		return error_set(err, r, "%s", error_name(r));
	}
	uint64_t now_unix_ms = clock_read_ns(CLOCK_REALTIME) / NSEC_PER_MSEC;
	return alerts_parse(text, size, now_unix_ms, ret_active, err);
}

static void report(struct alerts *alerts, const char *path, int r, const struct error *err)
{
	static const struct error none = {0};

	if (r == -ENOENT) {
		alerts->trouble = none;
	} else if (strcmp(alerts->trouble.text, err->text) != 0) {
		alerts->trouble = *err;
		if (r < 0) {
			log_warning("alerts: %s: %s", path, err->text);
		}
	}
}

void alerts_update(struct alerts *alerts, const char *path)
{
	uint64_t now_ns = clock_now_ns();
	struct error err = {0};
	json_t *active = NULL;

	if (alerts->next_ns > now_ns) {
		return;
	}
	alerts->next_ns = now_ns + READ_GAP_NS;
	int r = path[0] ? read_file(path, &active, &err) : -ENOENT;
	report(alerts, path, r, &err);
	json_decref(alerts->active);
	alerts->active = active;
	alerts->is_watching = r == 0;
}

void alerts_done(struct alerts *alerts)
{
	json_decref(alerts->active);
	alerts->active = NULL;
}
