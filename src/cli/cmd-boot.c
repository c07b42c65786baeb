/* twinlens boot: where the start-up time went. */
#include "cli/verb.h"

#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "boot/boot.h"
#include "cli/boot/boot-print.h"
#include "cli/options.h"
#include "systemd/guard.h"
#include "systemd/systemd.h"
#include "util/error.h"
#include "util/json.h"
#include "util/log.h"
#include "util/parse.h"

#define LIMIT_DEFAULT_NS (30 * NSEC_PER_SEC) /* what a board with two cameras is to keep */

static void print_usage(void)
{
	printf("usage: twinlens boot [--limit TIME] [--json]\n\n"
	       "Tells where the time of the start-up went: firmware, loader, kernel, initrd and\n"
	       "userspace, the slowest units, the chain of units that the default target waited\n"
	       "for, and which of the slow ones could be left out.\n\n"
	       "  --limit TIME  exit status 1 when it took longer, such as 20s; default 30s\n"
	       "  --json        as JSON\n"
	       "  --help        this text\n");
}

/* What PID 1 is called; "" when that cannot be read. */
static void read_first_process(char *name, size_t size)
{
	if (sysroot_read(&sysroot_real, "/proc/1/comm", name, size) < 0) {
		name[0] = '\0';
	}
}

static bool is_there(const char *path)
{
	return access(path, F_OK) == 0;
}

static int tell_lacking(const struct error *err)
{
	char name[32];

	read_first_process(name, sizeof(name));
	if (is_there("/run/systemd/system") || name[0] == '\0') {
		log_error("boot: %s", err->text);
	} else {
		log_error("boot: this machine is not run by systemd but by %s (PID 1), which keeps "
			  "no times of its start-up: %s",
			name, err->text);
	}
	return EXIT_STATUS_LACKING;
}

static int tell_failed(const struct error *err)
{
	log_error("%s", err->text);
	return err->code == -EACCES ? EXIT_STATUS_LACKING : EXIT_STATUS_FAILED;
}

static int read_boot(struct systemd *systemd, struct boot *ret_boot, struct error *err)
{
	_cleanup_json_ json_t *manager = NULL, *units = NULL;
	char target[UNIT_NAME_MAX + 1];
	int r = boot_read(systemd, &manager, &units, target, err);

	if (r < 0) {
		return r;
	}
	bool is_container = is_there("/run/systemd/container");
	return boot_init(ret_boot, manager, units, target, is_container, err);
}

static int advise(struct boot *boot, struct error *err)
{
	struct guard guard;
	int r = guard_init(&guard, &sysroot_real, getpid());

	if (r < 0) {
		return error_set(err, r, "boot: %s", error_name(r));
	}
	boot_advise(boot, &guard, &sysroot_real);
	guard_done(&guard);
	return 0;
}

static int print(const struct boot *boot, uint64_t limit_us, bool is_json)
{
	int r = is_json ? boot_print_json(boot, limit_us) : boot_print_text(boot, limit_us);

	if (r < 0) {
		log_error("boot: writing the report: %s", error_name(r));
		return EXIT_STATUS_FAILED;
	}
	return boot->phases.total_us > limit_us ? EXIT_STATUS_FAILED : EXIT_STATUS_DONE;
}

static int run(uint64_t limit_us, bool is_json)
{
	_cleanup_systemd_ struct systemd *systemd = systemd_new();
	struct error err;
	struct boot boot;

	if (!systemd) {
		log_error("boot: %s", error_name(-ENOMEM));
		return EXIT_STATUS_FAILED;
	}
	if (systemd_connect(systemd, &err) < 0) {
		return tell_lacking(&err);
	}
	if (read_boot(systemd, &boot, &err) < 0) {
		return tell_failed(&err);
	}
	int status;
	if (advise(&boot, &err) < 0) {
		status = tell_failed(&err);
	} else {
		status = print(&boot, limit_us, is_json);
	}
	boot_done(&boot);
	return status;
}

const char verb_name[] = "boot";

int verb_run(int argc, char **argv)
{
	static const struct option options[] = {
		{"limit", required_argument, NULL, 'l'},
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	uint64_t limit_ns = LIMIT_DEFAULT_NS;
	bool is_json = false;
	int option;

	while ((option = getopt_long(argc, argv, ":h", options, NULL)) >= 0) {
		switch (option) {
		case 'l':
			if (parse_duration(optarg, &limit_ns) < 0) {
				log_error("boot: --limit %s: must be a time such as 30s or 1m",
					optarg);
				return EXIT_STATUS_USAGE;
			}
			break;
		case 'j':
			is_json = true;
			break;
		case 'h':
			print_usage();
			return EXIT_STATUS_DONE;
		default:
			return options_refuse(option, argv);
		}
	}
	if (optind < argc) {
		log_error("boot: %s: takes no arguments; see twinlens boot --help", argv[optind]);
		return EXIT_STATUS_USAGE;
	}
	return run(limit_ns / NSEC_PER_USEC, is_json);
}
