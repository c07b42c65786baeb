/*
 * What twinlens-serve-leaky has beside the server: functions of it are wrapped (-Wl,--wrap), and
 * lose something when LEAK names them:
 *
 *	viewer reconnect reload ... memory at each such event
 *	frame ..................... memory at each picture
 *	socket descriptor thread device fragments ... (lose.h) at each picture
 *
 * LEAK_BYTES is how much memory it is, 48 when not given; with LEAK_KEPT it stays reachable, in a
 * list. LEAK_FROM, LEAK_EVERY and LEAK_TIMES are numbers of calls: it begins with that one, is done
 * at each n-th one, and so many times.
 */
#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "hub/hub.h"
#include "lose.h"
#include "server/core/viewer.h"
#include "source/source.h"

#define LEAK_BYTES 48

struct kept {
	struct kept *next;
	char rest[];
};

static _Atomic(struct kept *) list;
static atomic_uint n_calls;

static unsigned setting(const char *name, unsigned otherwise)
{
	const char *text = getenv(name);

	return text ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

static void lose_memory(void)
{
	size_t size = setting("LEAK_BYTES", LEAK_BYTES);
	struct kept *kept = malloc(sizeof(*kept) + size);

	if (!kept) {
		abort();
	}
	memset(kept, 0, sizeof(*kept) + size);
	__asm__ volatile("" : : "r"(kept) : "memory"); /* else the allocation is optimised away */
	if (getenv("LEAK_KEPT")) {
		kept->next = atomic_exchange(&list, kept);
	}
}

/* Whether this call is one of those that lose something. */
static bool is_due(void)
{
	unsigned n = atomic_fetch_add(&n_calls, 1), from = setting("LEAK_FROM", 0);
	unsigned every = setting("LEAK_EVERY", 1);

	return n >= from && (n - from) % every == 0 &&
	       (n - from) / every < setting("LEAK_TIMES", UINT_MAX);
}

static void leak_at(const char *place, void (*lose)(void))
{
	const char *wanted = getenv("LEAK");

	if (wanted && strcmp(wanted, place) == 0 && is_due()) {
		lose();
	}
}

struct viewer *__real_viewer_new(
	struct server *server, struct lws *wsi, enum viewer_transport transport);
struct viewer *__wrap_viewer_new(
	struct server *server, struct lws *wsi, enum viewer_transport transport);
struct viewer *__wrap_viewer_new(
	struct server *server, struct lws *wsi, enum viewer_transport transport)
{
	leak_at("viewer", lose_memory);
	return __real_viewer_new(server, wsi, transport);
}

void __real_hub_slot_publish(struct hub_slot *slot, struct frame *frame);
void __wrap_hub_slot_publish(struct hub_slot *slot, struct frame *frame);
void __wrap_hub_slot_publish(struct hub_slot *slot, struct frame *frame)
{
	leak_at("frame", lose_memory);
	leak_at("socket", lose_socket_memory);
	leak_at("descriptor", lose_descriptor);
	leak_at("thread", lose_thread);
	leak_at("device", lose_device_memory);
	leak_at("fragments", fragment);
	__real_hub_slot_publish(slot, frame);
}

int __real_source_start(struct source *source, struct source_info *ret_info, struct error *err);
int __wrap_source_start(struct source *source, struct source_info *ret_info, struct error *err);
int __wrap_source_start(struct source *source, struct source_info *ret_info, struct error *err)
{
	leak_at("reconnect", lose_memory);
	return __real_source_start(source, ret_info, err);
}

int __real_config_load(const char *path, const struct config_override *overrides,
	size_t n_overrides, struct config *ret_config, struct error *err);
int __wrap_config_load(const char *path, const struct config_override *overrides,
	size_t n_overrides, struct config *ret_config, struct error *err);
int __wrap_config_load(const char *path, const struct config_override *overrides,
	size_t n_overrides, struct config *ret_config, struct error *err)
{
	leak_at("reload", lose_memory);
	return __real_config_load(path, overrides, n_overrides, ret_config, err);
}
