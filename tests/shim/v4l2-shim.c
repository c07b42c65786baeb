/*
 * Fake V4L2 cameras for any program, on machines without a camera or a driver:
 *
 *	V4L2_SHIM="/dev/video90=mjpeg:FOLDER,size=640x480;/dev/video91=yuyv,nv12:FILE,fps=15" \
 *	LD_PRELOAD=build/tests/shim/libv4l2-shim.so PROGRAM
 *
 * Devices are separated by ';', their options by ',':
 *
 *	mjpeg:FOLDER ............ a format; its pictures are the .jpg of the folder in name order
 *	yuyv uyvy nv12 nv16 ..... a format, with :FILE tightly packed frames, else a moving gradient
 *	nv12m nv16m grey ........ likewise; the first two have two memory planes, and need mplane
 *	size=WxH[+WxH]... ....... discrete sizes, 640x480 when not given
 *	fps=N ................... the highest rate, 30 when not given
 *	mplane .................. the multiplanar API
 *	padding=N ............... bytes after each row
 *	offset=N ................ data_offset of the first memory plane (mplane)
 *	sizeimage=N ............. of MJPEG buffers; two bytes a pixel when not given
 *	min_buffers=N ........... what the driver demands
 *	card=, bus=, index= ..... who it is
 *	role=metadata|mem2mem|output
 *
 * V4L2_SHIM_CONTROL=FILE: commands, one a line, may be appended at any time; they are obeyed at the
 * next frame or call. PATH is the one of V4L2_SHIM, whatever the device is called meanwhile:
 *
 *	PATH fault KIND [N] ..... the next N frames (all, without N) are damaged: error empty
 *	                          truncated tail noeoi nodht garbage oversize overrun none
 *	PATH freeze | thaw ...... no frames come
 *	PATH repeat N ........... the last buffer is given out N times more, as v4l2loopback does
 *	PATH slow MS ............ ending a stream takes so long
 *	PATH disconnect ......... ENODEV, POLLERR and POLLHUP; the node is gone
 *	PATH reconnect [NEWPATH]
 *	PATH refuse CALL ERRNO [N]  open querycap s_fmt reqbufs qbuf dqbuf streamon fail, e.g. with
 *	                          EBUSY, N times; ERRNO 0 ends it
 *
 * V4L2_SHIM_SYSFS=FOLDER: stands for /sys/class/video4linux, and is filled with the fake cameras.
 *
 * V4L2_SHIM_MEMINFO=FILE: a copy of /proc/meminfo, with room for 12 digits in its CmaFree, which is
 * what the buffers leave of its CmaTotal.
 *
 * A descriptor is one end of a socket pair, so that poll, select and epoll are the real ones: it
 * has a byte to read for each frame that is ready, cannot be written to, and is hung up when the
 * device goes. Buffers are a memfd, so that mmap, also with MAP_FIXED, is the real one. A thread of
 * each streaming device paces the frames by CLOCK_MONOTONIC. Each process has cameras of its own.
 * Not followed: dup(2), fork(2), and stat(2) of a node.
 */

/* Both open and open64 are defined here, so the first must not be made a name of the second. */
#undef _FILE_OFFSET_BITS

#include "shim.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FILES_MAX 32

#define SYSFS_CLASS "/sys/class/video4linux"

/* Adaptive: the one who reads a frame finds the lock held for as long as it takes to announce it.
 */
struct shim shim = {.lock = PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP, .control_fd = -1};

static struct shim_file files[FILES_MAX];
static unsigned n_files;

int ioctl(int fd, unsigned long request, ...);
int open64(const char *path, int flags, ...);
int openat64(int folder, const char *path, int flags, ...);
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
void *mmap64(void *address, size_t size, int protection, int flags, int fd, off64_t offset);

static void load(void *function, const char *name)
{
	void *found = dlsym(RTLD_NEXT, name);

	memcpy(function, &found, sizeof(found));
}

__attribute__((constructor)) static void start(void)
{
	load(&shim.real.openat, "openat");
	load(&shim.real.open, "open");
	load(&shim.real.close, "close");
	load(&shim.real.ioctl, "ioctl");
	load(&shim.real.mmap, "mmap");
	load(&shim.real.munmap, "munmap");
	load(&shim.real.access, "access");
	load(&shim.real.opendir, "opendir");
	pthread_mutex_lock(&shim.lock);
	shim_configure();
	pthread_mutex_unlock(&shim.lock);
}

struct shim_file *shim_find_file(int fd)
{
	for (unsigned i = 0; i < n_files; i++) {
		if (files[i].fd == fd) {
			return &files[i];
		}
	}
	return NULL;
}

/* POLLERR and POLLHUP, because the peer has not read what it was sent. */
void shim_hang_up(struct shim_device *device)
{
	for (unsigned i = 0; i < n_files; i++) {
		if (files[i].device == device && files[i].peer >= 0) {
			shim.real.close(files[i].peer);
			files[i].peer = -1;
		}
	}
}

static struct shim_device *find_device(const char *path)
{
	for (unsigned i = 0; i < shim.n_devices; i++) {
		if (strcmp(shim.devices[i].path, path) == 0) {
			return &shim.devices[i];
		}
	}
	return NULL;
}

/*
 * A camera cannot be written to, so the way to the peer is blocked. What the peer leaves unread
 * makes closing it an error at this end.
 */
static void fill(int fd)
{
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &(int){1}, sizeof(int));
	while (send(fd, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL) > 0) {
	}
}

static int open_device(struct shim_device *device, int flags)
{
	int pair[2];

	if (!device->is_present) {
		errno = ENOENT;
		return -1;
	}
	int error = shim_refuses(device, SHIM_CALL_OPEN);
	if (error || n_files == FILES_MAX) {
		errno = error ? error : EMFILE;
		return -1;
	}
	int type = SOCK_STREAM | (flags & O_CLOEXEC ? SOCK_CLOEXEC : 0) |
		   (flags & O_NONBLOCK ? SOCK_NONBLOCK : 0);
	if (socketpair(AF_UNIX, type, 0, pair) < 0) {
		return -1;
	}
	fcntl(pair[1], F_SETFD, FD_CLOEXEC);
	fill(pair[0]);
	files[n_files++] = (struct shim_file){.fd = pair[0],
		.peer = pair[1],
		.is_blocking = !(flags & O_NONBLOCK),
		.device = device};
	return pair[0];
}

/* Whether path is a fake device; then *ret_fd is what open(2) would return. */
static bool try_open(const char *path, int flags, int *ret_fd)
{
	if (shim.n_devices == 0) {
		return false;
	}
	pthread_mutex_lock(&shim.lock);
	shim_obey();
	struct shim_device *device = find_device(path);
	if (device) {
		*ret_fd = open_device(device, flags);
	}
	pthread_mutex_unlock(&shim.lock);
	return device != NULL;
}

/* The path below the folder that stands for the class in /sys, or path itself. */
static const char *redirect(const char *path, char *buffer, size_t size)
{
	size_t length = strlen(SYSFS_CLASS);

	if (!shim.sysfs || strncmp(path, SYSFS_CLASS, length) != 0) {
		return path;
	}
	snprintf(buffer, size, "%s%s", shim.sysfs, path + length);
	return buffer;
}

static int open_any(int folder, const char *path, int flags, mode_t mode)
{
	char buffer[SHIM_PATH_MAX * 2];
	int fd;

	if (path && path[0] == '/' && try_open(path, flags, &fd)) {
		return fd;
	}
	const char *real = path ? redirect(path, buffer, sizeof(buffer)) : path;
	if (!shim.real.openat) {
		return (int)syscall(SYS_openat, folder, real, flags, mode);
	}
	return shim.real.openat(folder, real, flags, mode);
}

/* The mode is there only when a file may be made. */
#define TAKE_MODE(mode)                                                                            \
	mode_t mode = 0;                                                                           \
	if (flags & (O_CREAT | O_TMPFILE)) {                                                       \
		va_list arguments;                                                                 \
		va_start(arguments, flags);                                                        \
		mode = va_arg(arguments, mode_t);                                                  \
		va_end(arguments);                                                                 \
	}

int open(const char *path, int flags, ...)
{
	TAKE_MODE(mode)
	return open_any(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
	TAKE_MODE(mode)
	return open_any(AT_FDCWD, path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...)
{
	TAKE_MODE(mode)
	return open_any(folder, path, flags, mode);
}

int openat64(int folder, const char *path, int flags, ...)
{
	TAKE_MODE(mode)
	return open_any(folder, path, flags, mode);
}

/* What a fortified program calls. */
int __open_2(const char *path, int flags)
{
	return open_any(AT_FDCWD, path, flags, 0);
}

int __open64_2(const char *path, int flags)
{
	return open_any(AT_FDCWD, path, flags, 0);
}

DIR *opendir(const char *path)
{
	char buffer[SHIM_PATH_MAX * 2];

	if (!shim.real.opendir) {
		load(&shim.real.opendir, "opendir");
	}
	return shim.real.opendir(redirect(path, buffer, sizeof(buffer)));
}

int access(const char *path, int mode)
{
	if (!shim.real.access) {
		return (int)syscall(SYS_faccessat, AT_FDCWD, path, mode);
	}
	pthread_mutex_lock(&shim.lock);
	shim_obey();
	const struct shim_device *device = find_device(path);
	bool is_there = device && device->is_present;
	pthread_mutex_unlock(&shim.lock);
	if (device && !is_there) {
		errno = ENOENT;
		return -1;
	}
	return is_there ? 0 : shim.real.access(path, mode);
}

/* Forgets the file; its buffers and stream go with it. */
static void forget_file(int fd)
{
	struct shim_file *file = shim_find_file(fd);

	if (!file) {
		return;
	}
	struct shim_device *device = file->device;
	if (device->owner == fd) {
		shim_request_buffers(file, &(uint32_t){0});
	}
	file = shim_find_file(fd); /* it may have moved while the lock was let go */
	if (file->peer >= 0) {
		shim.real.close(file->peer);
	}
	*file = files[--n_files];
}

int close(int fd)
{
	if (!shim.real.close) {
		return (int)syscall(SYS_close, fd);
	}
	if (shim.n_devices > 0) {
		pthread_mutex_lock(&shim.lock);
		forget_file(fd);
		pthread_mutex_unlock(&shim.lock);
	}
	return shim.real.close(fd);
}

static bool is_ours(int fd)
{
	if (shim.n_devices == 0) {
		return false;
	}
	pthread_mutex_lock(&shim.lock);
	bool is_ours = shim_find_file(fd) != NULL;
	pthread_mutex_unlock(&shim.lock);
	return is_ours;
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list arguments;

	va_start(arguments, request);
	void *argument = va_arg(arguments, void *);
	va_end(arguments);
	if (!is_ours(fd)) {
		return shim.real.ioctl ? shim.real.ioctl(fd, request, argument)
				       : (int)syscall(SYS_ioctl, fd, request, argument);
	}
	int error = shim_ioctl(fd, request, argument);
	if (error) {
		errno = error;
		return -1;
	}
	return 0;
}

/* As the kernel: a shared mapping of one memory plane of one buffer. Returns the memfd. */
static int find_memory(int fd, size_t size, int flags, off_t offset)
{
	struct shim_file *file = shim_find_file(fd);
	struct shim_device *device = file ? file->device : NULL;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	if (!device || device->owner != fd || !(flags & MAP_SHARED)) {
		return -1;
	}
	struct shim_layout layout = shim_layout_of(device);
	for (unsigned i = 0; i < device->n_buffers; i++) {
		for (unsigned plane = 0; plane < layout.planes; plane++) {
			if ((size_t)offset == shim_plane_offset(device, i, plane) &&
				size <= (layout.size[plane] + page - 1) / page * page) {
				return device->memory_fd;
			}
		}
	}
	return -1;
}

void *mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
	if (!shim.real.mmap) {
		return (void *)syscall(SYS_mmap, address, size, protection, flags, fd, offset);
	}
	if (fd >= 0 && is_ours(fd)) {
		pthread_mutex_lock(&shim.lock);
		int memory_fd = find_memory(fd, size, flags, offset);
		void *mapped = MAP_FAILED;
		errno = EINVAL;
		if (memory_fd >= 0) {
			mapped =
				shim.real.mmap(address, size, protection, flags, memory_fd, offset);
		}
		if (mapped != MAP_FAILED) {
			shim_memory_mapped(shim_find_file(fd)->device, mapped, size);
		}
		pthread_mutex_unlock(&shim.lock);
		return mapped;
	}
	return shim.real.mmap(address, size, protection, flags, fd, offset);
}

void *mmap64(void *address, size_t size, int protection, int flags, int fd, off64_t offset)
{
	return mmap(address, size, protection, flags, fd, offset);
}

int munmap(void *address, size_t size)
{
	if (!shim.real.munmap) {
		return (int)syscall(SYS_munmap, address, size);
	}
	if (shim.n_devices > 0) {
		pthread_mutex_lock(&shim.lock);
		shim_memory_unmapped(address, size);
		pthread_mutex_unlock(&shim.lock);
	}
	return shim.real.munmap(address, size);
}
