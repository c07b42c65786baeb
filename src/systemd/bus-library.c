/* The one place that knows libsystemd's name. */
#include "systemd/bus-impl.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#define LIBRARY_NAME "libsystemd.so.0"

/* POSIX has a function's address as an object pointer; ISO C can only copy its bytes. */
static int find_function(void *handle, const char *name, void *ret_function)
{
	void *address = dlsym(handle, name);

	if (!address) {
		return -ENOPKG;
	}
	memcpy(ret_function, &address, sizeof(address));
	return 0;
}

static int find_functions(struct bus_library *library, const char **ret_missing)
{
	const struct {
		const char *name;
		void *function;
	} wanted[] = {
		{"sd_bus_open_system", &library->open_system},
		{"sd_bus_flush_close_unref", &library->flush_close_unref},
		{"sd_bus_is_ready", &library->is_ready},
		{"sd_bus_process", &library->process},
		{"sd_bus_wait", &library->wait},
		{"sd_bus_call", &library->call},
		{"sd_bus_match_signal", &library->match_signal},
		{"sd_bus_error_free", &library->error_free},
		{"sd_bus_message_new_method_call", &library->message_new_method_call},
		{"sd_bus_message_set_auto_start", &library->message_set_auto_start},
		{"sd_bus_message_append_strv", &library->message_append_strv},
		{"sd_bus_message_appendv", &library->message_appendv},
		{"sd_bus_message_unref", &library->message_unref},
		{"sd_bus_message_peek_type", &library->message_peek_type},
		{"sd_bus_message_read_basic", &library->message_read_basic},
		{"sd_bus_message_enter_container", &library->message_enter_container},
		{"sd_bus_message_exit_container", &library->message_exit_container},
	};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		if (find_function(library->handle, wanted[i].name, wanted[i].function) < 0) {
			*ret_missing = wanted[i].name;
			return -ENOPKG;
		}
	}
	return 0;
}

int bus_library_load(struct bus_library *ret_library, struct error *err)
{
	struct bus_library library = {.handle = dlopen(LIBRARY_NAME, RTLD_NOW | RTLD_LOCAL)};
	const char *missing;

	if (!library.handle) {
		return error_set(err, -ENOPKG,
			"%s: cannot be loaded: %s; install the package libsystemd0", LIBRARY_NAME,
			dlerror());
	}
	if (find_functions(&library, &missing) < 0) {
		bus_library_unload(&library);
		return error_set(err, -ENOPKG, "%s: has no %s: it must be of systemd 240 or newer",
			LIBRARY_NAME, missing);
	}
	*ret_library = library;
	return 0;
}

void bus_library_unload(struct bus_library *library)
{
	if (library->handle) {
		dlclose(library->handle);
		library->handle = NULL;
	}
}
