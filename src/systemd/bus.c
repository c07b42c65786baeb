#include "systemd/bus.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "systemd/bus-impl.h"
#include "util/cleanup.h"
#include "util/clock.h"

#define OPEN_TIMEOUT_NS (5 * NSEC_PER_SEC)

struct bus {
	sd_bus *connection;
	json_t *signals; /* those that came and were not asked for yet */
	int signal_error;
	bool is_lost;
};

void cleanup_bus(struct bus **bus)
{
	*bus = bus_close(*bus);
}

struct bus *bus_close(struct bus *bus)
{
	if (!bus) {
		return NULL;
	}
	if (bus->connection) {
		sd_bus_flush_close_unref(bus->connection);
	}
	json_decref(bus->signals);
	free(bus);
	return NULL;
}

static bool is_lost(int r)
{
	return r == -ECONNRESET || r == -ENOTCONN || r == -EPIPE || r == -ESHUTDOWN;
}

bool bus_is_lost(const struct bus *bus)
{
	return bus->is_lost;
}

static int tell_lost(struct bus *bus, struct error *err)
{
	bus->is_lost = true;
	return error_set(err, -ECONNRESET, "D-Bus: the connection to the system bus was lost");
}

/* Works off one message, or waits for one until the deadline. */
static int turn(struct bus *bus, uint64_t deadline_ns)
{
	int r = sd_bus_process(bus->connection, NULL);
	if (r != 0) {
		return r;
	}
	uint64_t now_ns = clock_now_ns();
	if (now_ns >= deadline_ns) {
		return -ETIMEDOUT;
	}
	/* One more microsecond, or the last part of one would be waited for in a busy loop. */
	return sd_bus_wait(bus->connection, (deadline_ns - now_ns) / NSEC_PER_USEC + 1);
}

/* sd_bus_call(3) would wait for the bus to greet us, without a limit. */
static int wait_ready(struct bus *bus)
{
	uint64_t deadline_ns = clock_now_ns() + OPEN_TIMEOUT_NS;
	int r;

	while ((r = sd_bus_is_ready(bus->connection)) == 0) {
		r = turn(bus, deadline_ns);
		if (r < 0) {
			return r;
		}
	}
	return r < 0 ? r : 0;
}

int bus_open(struct bus **ret_bus, struct error *err)
{
	_cleanup_bus_ struct bus *bus = calloc(1, sizeof(*bus));
	if (!bus) {
		return error_set(err, -ENOMEM, "D-Bus: %s", error_name(-ENOMEM));
	}
	bus->signals = json_array();
	if (!bus->signals) {
		return error_set(err, -ENOMEM, "D-Bus: %s", error_name(-ENOMEM));
	}
	int r = sd_bus_open_system(&bus->connection);
	if (r >= 0) {
		r = wait_ready(bus);
	}
	if (r < 0) {
		return error_set(err, r,
			"D-Bus: the system bus does not answer: %s; is the "
			"package dbus installed and running?",
			error_name(r));
	}
	*ret_bus = take_ptr(bus);
	return 0;
}

/* What a service's own names for errors mean to callers. */
static int code_of(const sd_bus_error *error, int r)
{
	static const struct {
		const char *name;
		int code;
	} known[] = {
		{"org.freedesktop.DBus.Error.ServiceUnknown", -ENXIO},
		{"org.freedesktop.DBus.Error.NameHasNoOwner", -ENXIO},
		{"org.freedesktop.DBus.Error.NoReply", -ETIMEDOUT},
		{"org.freedesktop.DBus.Error.Timeout", -ETIMEDOUT},
		{"org.freedesktop.DBus.Error.AccessDenied", -EACCES},
		{"org.freedesktop.DBus.Error.InteractiveAuthorizationRequired", -EACCES},
		{"org.freedesktop.DBus.Error.FileNotFound", -ENOENT},
		{"org.freedesktop.DBus.Error.UnknownObject", -ENOENT},
		{"org.freedesktop.systemd1.NoSuchUnit", -ENOENT},
		{"org.freedesktop.systemd1.LoadFailed", -ENOENT},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (error->name && strcmp(error->name, known[i].name) == 0) {
			return known[i].code;
		}
	}
	return r == -ETIMEDOUT ? r : -EIO;
}

static int tell_refused(struct bus *bus, const struct bus_object *object, const char *method,
	const sd_bus_error *error, int r, struct error *err)
{
	if (is_lost(r)) {
		return tell_lost(bus, err);
	}
	int code = code_of(error, r);
	const char *said = error->message ? error->message : error_name(r);
	switch (code) {
	case -ETIMEDOUT:
		return error_set(
			err, code, "D-Bus: %s did not answer %s in time", object->service, method);
	case -ENXIO:
		return error_set(
			err, code, "D-Bus: nobody is %s on the system bus", object->service);
	default:
		return error_set(err, code, "D-Bus: %s: %s: %s", object->service, method, said);
	}
}

static int send_call(struct bus *bus, const struct bus_object *object, sd_bus_message *call,
	const char *method, uint64_t timeout_ns, sd_bus_message **ret_answer, struct error *err)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	int r = sd_bus_call(bus->connection, call, timeout_ns / NSEC_PER_USEC, &error, ret_answer);

	if (r < 0) {
		r = tell_refused(bus, object, method, &error, r, err);
	}
	sd_bus_error_free(&error);
	return r < 0 ? r : 0;
}

static int decode_answer(const struct bus_object *object, const char *method,
	sd_bus_message *answer, json_t **ret_reply, struct error *err)
{
	int r = ret_reply ? bus_message_to_json(answer, ret_reply) : 0;

	if (r < 0) {
		return error_set(err, r, "D-Bus: %s: the answer to %s: %s", object->service, method,
			error_name(r));
	}
	return 0;
}

static int append_list(sd_bus_message *call, const struct names *list)
{
	_cleanup_free_ char **texts = calloc(list->n + 1, sizeof(*texts));

	if (!texts) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < list->n; i++) {
		texts[i] = list->items[i];
	}
	return sd_bus_message_append_strv(call, texts);
}

/* list may be NULL. */
static int make_call(struct bus *bus, const struct bus_object *object, const char *method,
	const struct names *list, const char *types, va_list arguments, sd_bus_message **ret_call)
{
	sd_bus_message *call = NULL;
	int r = sd_bus_message_new_method_call(
		bus->connection, &call, object->service, object->path, object->interface, method);

	if (r >= 0) {
		/* Where systemd is not PID 1 nobody shall start something under its name. */
		r = sd_bus_message_set_auto_start(call, 0);
	}
	if (r >= 0 && list) {
		r = append_list(call, list);
	}
	if (r >= 0) {
		r = sd_bus_message_appendv(call, types, arguments);
	}
	if (r < 0) {
		sd_bus_message_unref(call);
		return r;
	}
	*ret_call = call;
	return 0;
}

static int call_method(struct bus *bus, const struct bus_object *object, const char *method,
	const struct names *list, uint64_t timeout_ns, json_t **ret_reply, struct error *err,
	const char *types, va_list arguments)
{
	sd_bus_message *call = NULL, *answer = NULL;
	int r = make_call(bus, object, method, list, types, arguments, &call);

	if (r < 0) {
		return error_set(err, r, "D-Bus: the call of %s: %s", method, error_name(r));
	}
	r = send_call(bus, object, call, method, timeout_ns, &answer, err);
	if (r == 0) {
		r = decode_answer(object, method, answer, ret_reply, err);
	}
	sd_bus_message_unref(answer);
	sd_bus_message_unref(call);
	return r;
}

int bus_call(struct bus *bus, const struct bus_object *object, const char *method,
	uint64_t timeout_ns, json_t **ret_reply, struct error *err, const char *types, ...)
{
	va_list arguments;

	va_start(arguments, types);
	int r = call_method(
		bus, object, method, NULL, timeout_ns, ret_reply, err, types, arguments);
	va_end(arguments);
	return r;
}

int bus_call_list(struct bus *bus, const struct bus_object *object, const char *method,
	const struct names *list, uint64_t timeout_ns, json_t **ret_reply, struct error *err,
	const char *types, ...)
{
	va_list arguments;

	va_start(arguments, types);
	int r = call_method(
		bus, object, method, list, timeout_ns, ret_reply, err, types, arguments);
	va_end(arguments);
	return r;
}

static int keep_signal(sd_bus_message *message, void *data, sd_bus_error *error)
{
	(void)error;
	struct bus *bus = data;
	json_t *values;
	int r = bus_message_to_json(message, &values);

	if (r >= 0 && json_array_append_new(bus->signals, values) < 0) {
		r = -ENOMEM;
	}
	if (r < 0) {
		bus->signal_error = r;
	}
	return 0;
}

int bus_subscribe(
	struct bus *bus, const struct bus_object *object, const char *signal, struct error *err)
{
	/* The slot belongs to the connection and goes with it. */
	int r = sd_bus_match_signal(bus->connection, NULL, object->service, object->path,
		object->interface, signal, keep_signal, bus);

	if (r < 0) {
		return error_set(err, r, "D-Bus: listening for %s: %s", signal, error_name(r));
	}
	return 0;
}

int bus_next_signal(struct bus *bus, uint64_t deadline_ns, json_t **ret_values, struct error *err)
{
	while (json_array_size(bus->signals) == 0) {
		int r = bus->signal_error ? bus->signal_error : turn(bus, deadline_ns);
		if (is_lost(r)) {
			return tell_lost(bus, err);
		}
		if (r < 0) {
			return error_set(err, r, "D-Bus: waiting for a signal: %s", error_name(r));
		}
	}
	*ret_values = json_incref(json_array_get(bus->signals, 0));
	json_array_remove(bus->signals, 0);
	return 0;
}
