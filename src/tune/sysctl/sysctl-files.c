#include "tune/sysctl/sysctl-files.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "util/cleanup.h"
#include "util/names.h"

#define FILE_SIZE_MAX (1 << 20)

static const char *const folders[] = {
	"/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d",
	"/lib/sysctl.d", /* elsewhere when /usr is not merged, as on older images of vendors */
};

#define N_FOLDERS (sizeof(folders) / sizeof(folders[0]))

static bool is_conf(const char *name)
{
	size_t length = strlen(name);

	return name[0] != '.' && length > 5 && strcmp(name + length - 5, ".conf") == 0;
}

static int add_folder(struct names *names, const struct sysroot *root, const char *path)
{
	_cleanup_folder_ DIR *folder = sysroot_open_folder(root, path);
	int r = 0;

	if (!folder) {
		return 0;
	}
	for (const struct dirent *entry = readdir(folder); entry && r == 0;
		entry = readdir(folder)) {
		if (is_conf(entry->d_name)) {
			r = names_add(names, entry->d_name);
		}
	}
	return r;
}

bool sysctl_line_parse(const char *line, char *key, char *value, size_t size)
{
	line += strspn(line, " \t");
	const char *equals = strchr(line, '=');
	if (!equals || *line == '#' || *line == ';') {
		return false;
	}
	line += *line == '-';
	line += strspn(line, " \t");
	size_t length = (size_t)(equals - line);
	while (length > 0 && isspace((unsigned char)line[length - 1])) {
		length--;
	}
	snprintf(key, size, "%.*s", (int)length, line);
	for (char *c = key; *c; c++) {
		*c = *c == '/' ? '.' : *c;
	}
	equals += 1 + strspn(equals + 1, " \t");
	length = strcspn(equals, "\r\n");
	while (length > 0 && isspace((unsigned char)equals[length - 1])) {
		length--;
	}
	snprintf(value, size, "%.*s", (int)length, equals);
	return key[0] != '\0';
}

static void assign(struct sysctl_order *order, const char *file, const char *key, const char *value)
{
	struct sysctl_setting *settings = order->settings;

	if (order->n > 0 && strcmp(settings[0].key, key) == 0) {
		if (strcmp(settings[0].value, value) == 0) {
			return;
		}
		settings[0] = settings[1];
		order->n--;
	} else if (order->n > 1) {
		if (strcmp(settings[1].value, value) == 0) {
			return;
		}
		order->n--;
	}
	struct sysctl_setting *setting = &settings[order->n++];
	snprintf(setting->file, sizeof(setting->file), "%s", file);
	snprintf(setting->key, sizeof(setting->key), "%s", key);
	snprintf(setting->value, sizeof(setting->value), "%s", value);
}

void sysctl_order_add(struct sysctl_order *order, const char *file, const char *key,
	const char *twin, char *text, size_t size)
{
	for (char *end = text + size; text < end;) {
		char name[SYSCTL_VALUE_MAX], value[SYSCTL_VALUE_MAX];
		char *newline = memchr(text, '\n', (size_t)(end - text));
		if (!newline) {
			newline = end;
		}
		*newline = '\0';
		if (sysctl_line_parse(text, name, value, sizeof(name)) &&
			(strcmp(name, key) == 0 || (twin && strcmp(name, twin) == 0))) {
			assign(order, file, name, value);
		}
		text = newline + 1;
	}
}

/* Whatever is not a file would be waited for, or have no end. NULL; else the caller frees. */
static char *read_regular(const char *path, size_t *ret_size)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat status;
	size_t used = 0;

	if (fd < 0 || fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) ||
		status.st_size > FILE_SIZE_MAX) {
		return NULL;
	}
	size_t size = (size_t)status.st_size;
	_cleanup_free_ char *text = malloc(size + 1);
	while (text && used < size) {
		ssize_t n = read(fd, text + used, size - used);
		if (n <= 0) {
			break;
		}
		used += (size_t)n;
	}
	*ret_size = used;
	return take_ptr(text);
}

static void add_file(struct sysctl_order *order, const struct sysroot *root, const char *name,
	const char *key, const char *twin)
{
	char path[SYSCTL_FILE_MAX], full[PATH_MAX];
	size_t size = 0;

	for (size_t i = 0; i < N_FOLDERS; i++) {
		snprintf(path, sizeof(path), "%s/%s", folders[i], name);
		if (!sysroot_exists(root, path)) {
			continue;
		}
		_cleanup_free_ char *text = sysroot_path(root, path, full, sizeof(full)) == 0
						    ? read_regular(full, &size)
						    : NULL;
		if (text) {
			sysctl_order_add(order, path, key, twin, text, size);
		}
		return;
	}
}

int sysctl_files_find(const struct sysroot *root, const char *name, const char *key,
	const char *value, const char *twin, struct sysctl_setting *ret_setting)
{
	_cleanup_names_ struct names names = {0};
	struct sysctl_order order = {0};
	int r = names_add(&names, name);

	for (size_t i = 0; i < N_FOLDERS && r == 0; i++) {
		r = add_folder(&names, root, folders[i]);
	}
	if (r < 0) {
		return r;
	}
	names_sort(&names);
	for (size_t i = 0; i < names.n; i++) {
		if (i > 0 && strcmp(names.items[i], names.items[i - 1]) == 0) {
			continue;
		}
		if (strcmp(names.items[i], name) == 0) {
			assign(&order, name, key, value);
		} else {
			add_file(&order, root, names.items[i], key, twin);
		}
	}
	const struct sysctl_setting *last = &order.settings[order.n - 1];
	if (strcmp(last->key, key) == 0 && strcmp(last->value, value) == 0) {
		return 0;
	}
	*ret_setting = *last;
	return 1;
}
