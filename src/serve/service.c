/*
 * The life of the service. Everything happens on the server's loop, signals too: they are read from
 * a descriptor.
 */
#include "serve/service.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>

#include "hub/hub.h"
#include "serve/notifier.h"
#include "serve/running.h"
#include "server/server.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/notify.h"

struct service {
	struct setup_origin origin;
	struct hub *hub;
	struct server *server;
	int signal_fd;
	struct notifier *notifier;
	struct running *running;
};

static int try_reload(struct service *service, struct error *err)
{
	struct setup setup;
	int r = setup_load(&service->origin, running_setup(service->running), &setup, err);

	if (r < 0) {
		return r;
	}
	r = server_configure(service->server, &setup.config, err);
	if (r < 0) {
		return r;
	}
	running_change(service->running, &setup);
	return 0;
}

static void reload(struct service *service)
{
	struct error err = {0};

	notify_systemd("RELOADING=1\nMONOTONIC_USEC=%" PRIu64, clock_now_ns() / NSEC_PER_USEC);
	if (try_reload(service, &err) < 0) {
		log_error("%s; the configuration stays as it was", err.text);
	} else {
		log_info("configuration read again");
	}
	notify_systemd("READY=1");
}

static void handle_signal(struct service *service, int signo)
{
	if (signo == SIGHUP) {
		reload(service);
		return;
	}
	log_info("%s: ending", strsignal(signo));
	notify_systemd("STOPPING=1");
	server_stop(service->server);
}

static void read_signals(void *userdata)
{
	struct service *service = userdata;
	struct signalfd_siginfo info;

	while (read(service->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		handle_signal(service, (int)info.ssi_signo);
	}
}

static int open_signals(int *ret_fd)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	*ret_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	return *ret_fd < 0 ? -errno : 0;
}

static int start(struct service *service, const struct setup *setup, struct error *err)
{
	int r = open_signals(&service->signal_fd);

	if (r < 0) {
		return error_set(err, r, "start: %s", error_name(r));
	}
	r = hub_new(&service->hub);
	if (r < 0) {
		return error_set(err, r, "start: %s", error_name(r));
	}
	r = server_new(&setup->config, service->hub, &service->server, err);
	if (r < 0) {
		return r;
	}
	if (!server_watch_fd(service->server, service->signal_fd, read_signals, service)) {
		return error_set(err, -ENOMEM, "signals: out of memory");
	}
	r = notifier_new(service->hub, service->server, &service->notifier, err);
	if (r < 0) {
		return r;
	}
	return running_new(service->hub, service->server, setup, &service->running, err);
}

int service_new(const struct setup *setup, const struct setup_origin *origin,
	struct service **ret_service, struct error *err)
{
	struct service *service = calloc(1, sizeof(*service));

	if (!service) {
		return error_set(err, -ENOMEM, "start: out of memory");
	}
	service->origin = *origin;
	service->signal_fd = -1;
	int r = start(service, setup, err);
	if (r < 0) {
		service_end(service);
		return r;
	}
	*ret_service = service;
	return 0;
}

int service_run(struct service *service)
{
	log_info("open http://%s/", server_address(service->server));
	notify_systemd("READY=1");
	return server_run(service->server);
}

bool service_end(struct service *service)
{
	if (!service) {
		return true;
	}
	if (!running_end(service->running)) {
		return false;
	}
	running_free(service->running);
	notifier_free(service->notifier);
	server_free(service->server);
	hub_free(service->hub);
	close_fd(service->signal_fd);
	free(service);
	return true;
}
