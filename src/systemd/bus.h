/*
 * The system bus, through sd-bus(3) of libsystemd.
 *
 * What comes over the bus is turned into JSON, so that all that judges it can be tested on captured
 * answers. One thread.
 */
#ifndef SYSTEMD_BUS_H
#define SYSTEMD_BUS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "util/error.h"
#include "util/names.h"

struct bus;

/* The object of a call or of a signal. */
struct bus_object {
	const char *service;
	const char *path;
	const char *interface;
};

/*
 * Connects to the bus that DBUS_SYSTEM_BUS_ADDRESS names, else to /run/dbus/system_bus_socket.
 * A negative errno: there is no bus, or it did not answer within 5 s.
 */
int bus_open(struct bus **ret_bus, struct error *err);
struct bus *bus_close(struct bus *bus);

/* The connection is of no use any more: something answered -ECONNRESET. */
bool bus_is_lost(const struct bus *bus);

/*
 * Calls a method and waits for its answer, timeout_ns at the longest. types and what follows are
 * the arguments as of sd_bus_message_append(3). ret_reply may be NULL; else it gets a new array
 * with one element for each value of the answer.
 *
 * Numbers of 64 bits are passed on as signed: UINT64_MAX, systemd's "never", comes as -1.
 *
 * -ENXIO: nobody has that service. -ENOENT: no such unit, unit file or object. -EACCES: not
 * allowed. -ETIMEDOUT. -ECONNRESET: the connection is lost, for good. -EIO: what the service said
 * is in err.
 */
int bus_call(struct bus *bus, const struct bus_object *object, const char *method,
	uint64_t timeout_ns, json_t **ret_reply, struct error *err, const char *types, ...);

/* The same, with a list of texts as the first argument. */
int bus_call_list(struct bus *bus, const struct bus_object *object, const char *method,
	const struct names *list, uint64_t timeout_ns, json_t **ret_reply, struct error *err,
	const char *types, ...);

/* From now on the signals of this name are kept for bus_next_signal. */
int bus_subscribe(
	struct bus *bus, const struct bus_object *object, const char *signal, struct error *err);

/*
 * The next signal, as an array of its values. Waits until deadline_ns (of clock_now_ns): -ETIMEDOUT
 * then. -ECONNRESET: the connection is lost.
 */
int bus_next_signal(struct bus *bus, uint64_t deadline_ns, json_t **ret_values, struct error *err);

void cleanup_bus(struct bus **bus);

#define _cleanup_bus_ __attribute__((cleanup(cleanup_bus)))

#endif
