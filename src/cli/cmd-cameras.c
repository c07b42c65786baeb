/* twinlens cameras: the capture devices of this machine, and which are usable. */
#include "cli/verb.h"

#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "cli/options.h"
#include "source/v4l2/devices.h"
#include "util/error.h"
#include "util/log.h"

static void print_usage(void)
{
	printf("usage: twinlens cameras [--json]\n\n"
	       "Lists V4L2 devices with their formats, sizes and rates, who holds them, and what "
	       "is\n"
	       "wrong with those that cannot be used as a camera.\n\n"
	       "  --json    as JSON: {\"cameras\":[...]}\n"
	       "  --help    this text\n");
}

/* Without the path, which stands beside it. */
static const char *problem_of(const struct device *device)
{
	size_t length = strlen(device->path);
	const char *text = device->problem;
	bool is_named =
		strncmp(text, device->path, length) == 0 && strncmp(text + length, ": ", 2) == 0;

	return is_named ? text + length + 2 : text;
}

static void print_size(const struct device_size *size)
{
	printf("      %ux%u", size->width, size->height);
	if (size->max_width) {
		printf(" to %ux%u", size->max_width, size->max_height);
		if (size->step_width > 1 || size->step_height > 1) {
			printf(" by %ux%u", size->step_width, size->step_height);
		}
	}
	for (size_t i = 0; i < size->n_rates; i++) {
		const char *between = size->is_rate_range ? " to " : ", ";
		printf("%s%.4g", i == 0 ? " at " : between, size->rates[i]);
	}
	printf("\n");
}

static void print_holders(const struct device *device)
{
	for (size_t i = 0; i < device->n_holders; i++) {
		printf("%s%s (process %d)", i == 0 ? "  held by  " : ", ",
			device->holders[i].command, (int)device->holders[i].pid);
	}
	if (device->n_holders > 0) {
		printf("\n");
	}
}

/* Those that are of no use here in one line. */
static void print_formats(const struct device *device)
{
	size_t others = 0;

	for (size_t i = 0; i < device->n_formats; i++) {
		const struct device_format *format = &device->formats[i];
		if (!format->is_supported) {
			others++;
			continue;
		}
		printf("  format   %s\n", format->name);
		for (size_t j = 0; j < format->n_sizes; j++) {
			print_size(&format->sizes[j]);
		}
	}
	for (size_t i = 0, told = 0; i < device->n_formats && others > 0; i++) {
		if (!device->formats[i].is_supported) {
			printf("%s%s", told++ == 0 ? "  others   " : " ", device->formats[i].name);
		}
	}
	printf("%s", others > 0 ? "\n" : "");
}

static void print_device(const struct device *device)
{
	printf("%s  %s\n", device->path, device->name);
	if (device->is_usable) {
		printf("  usable   %s%s\n", v4l2_node_kind_name(device->kind),
			device->is_multiplanar ? ", multiplanar" : "");
	} else {
		printf("  unusable %s\n", problem_of(device));
	}
	if (device->is_open) {
		printf("  driver   %s, at %s\n", device->driver, device->bus_info);
	}
	if (device->by_path[0]) {
		printf("  link     %s\n", device->by_path);
	}
	print_holders(device);
	print_formats(device);
}

static int print_text(const struct device_list *list)
{
	if (list->n == 0) {
		printf("no V4L2 devices: plug in a camera or load its driver\n");
	}
	for (size_t i = 0; i < list->n; i++) {
		printf("%s", i > 0 ? "\n" : "");
		print_device(&list->devices[i]);
	}
	return 0;
}

static json_t *rates_to_json(const struct device_size *size)
{
	if (size->is_rate_range) {
		return json_pack("{s:f,s:f}", "min", size->rates[0], "max", size->rates[1]);
	}
	json_t *rates = json_array();
	for (size_t i = 0; i < size->n_rates; i++) {
		json_array_append_new(rates, json_real(size->rates[i]));
	}
	return rates;
}

static json_t *size_to_json(const struct device_size *size)
{
	json_t *rates = rates_to_json(size);

	if (size->max_width) {
		return json_pack("{s:{s:i,s:i},s:{s:i,s:i},s:{s:i,s:i},s:o}", "min", "width",
			size->width, "height", size->height, "max", "width", size->max_width,
			"height", size->max_height, "step", "width", size->step_width, "height",
			size->step_height, "fps", rates);
	}
	return json_pack(
		"{s:i,s:i,s:o}", "width", size->width, "height", size->height, "fps", rates);
}

static json_t *formats_to_json(const struct device *device)
{
	json_t *formats = json_array();

	for (size_t i = 0; i < device->n_formats; i++) {
		const struct device_format *format = &device->formats[i];
		json_t *sizes = json_array();
		for (size_t j = 0; j < format->n_sizes; j++) {
			json_array_append_new(sizes, size_to_json(&format->sizes[j]));
		}
		json_array_append_new(
			formats, json_pack("{s:s,s:b,s:o}", "format", format->name, "supported",
					 format->is_supported, "sizes", sizes));
	}
	return formats;
}

static json_t *holders_to_json(const struct device *device)
{
	json_t *holders = json_array();

	for (size_t i = 0; i < device->n_holders; i++) {
		json_array_append_new(
			holders, json_pack("{s:i,s:s}", "pid", (int)device->holders[i].pid,
					 "command", device->holders[i].command));
	}
	return holders;
}

static const char *or_null(const char *text)
{
	return text[0] ? text : NULL;
}

static json_t *device_to_json(const struct device *device)
{
	return json_pack("{s:s,s:s,s:s?,s:s?,s:s?,s:s?,s:I,s:b,s:b,s:s?,s:o,s:o}", "device",
		device->path, "name", device->name, "driver", or_null(device->driver), "bus",
		or_null(device->bus_info), "by_path", or_null(device->by_path), "kind",
		device->is_open ? v4l2_node_kind_name(device->kind) : NULL, "device_caps",
		(json_int_t)device->device_caps, "multiplanar", device->is_multiplanar, "usable",
		device->is_usable, "problem", or_null(problem_of(device)), "formats",
		formats_to_json(device), "holders", holders_to_json(device));
}

static int print_json(const struct device_list *list)
{
	json_t *cameras = json_array();
	int r = 0;

	for (size_t i = 0; i < list->n && r == 0; i++) {
		r = json_array_append_new(cameras, device_to_json(&list->devices[i]));
	}
	json_t *root = json_pack("{s:o}", "cameras", cameras);
	if (r == 0) {
		r = json_dumpf(root, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
		printf("\n");
	}
	json_decref(root);
	return r;
}

static int print_list(bool is_json)
{
	struct device_list list;
	int r = device_list_init(&sysroot_real, &list);

	if (r < 0) {
		log_error("cameras: listing the devices: %s", error_name(r));
		return EXIT_STATUS_FAILED;
	}
	r = is_json ? print_json(&list) : print_text(&list);
	device_list_done(&list);
	if (r < 0) {
		log_error("cameras: writing the list failed");
		return EXIT_STATUS_FAILED;
	}
	return EXIT_STATUS_DONE;
}

const char verb_name[] = "cameras";

int verb_run(int argc, char **argv)
{
	static const struct option options[] = {
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	bool is_json = false;
	int option;

	while ((option = getopt_long(argc, argv, ":h", options, NULL)) >= 0) {
		switch (option) {
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
		log_error("cameras: %s: takes no arguments; see twinlens cameras --help",
			argv[optind]);
		return EXIT_STATUS_USAGE;
	}
	return print_list(is_json);
}
