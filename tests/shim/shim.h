/* Inside of the V4L2 shim; how to use it stands at the top of v4l2-shim.c. */
#ifndef SHIM_SHIM_H
#define SHIM_SHIM_H

#include <dirent.h>
#include <linux/videodev2.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define SHIM_DEVICES_MAX 8
#define SHIM_FORMATS_MAX 8
#define SHIM_SIZES_MAX   8
#define SHIM_SIDE_MAX    8192 /* pixels, width and height */
#define SHIM_BUFFERS_MAX 32
#define SHIM_PLANES_MAX  2
#define SHIM_PATH_MAX    256

enum shim_fault {
	SHIM_FAULT_NONE,
	SHIM_FAULT_ERROR,     /* V4L2_BUF_FLAG_ERROR */
	SHIM_FAULT_EMPTY,     /* bytesused 0 */
	SHIM_FAULT_TRUNCATED, /* the second half is missing */
	SHIM_FAULT_TAIL,      /* zeros after the picture */
	SHIM_FAULT_NOEOI,     /* JPEG without its end marker */
	SHIM_FAULT_NODHT,     /* JPEG without its Huffman tables */
	SHIM_FAULT_GARBAGE,   /* bytes before the SOI */
	SHIM_FAULT_OVERSIZE,  /* bytesused is the whole buffer */
	SHIM_FAULT_OVERRUN,   /* bytesused is beyond the buffer */
	SHIM_FAULT_COUNT,
};

/* Where a call can be refused. */
enum shim_call {
	SHIM_CALL_OPEN,
	SHIM_CALL_QUERYCAP,
	SHIM_CALL_S_FMT,
	SHIM_CALL_REQBUFS,
	SHIM_CALL_QBUF,
	SHIM_CALL_DQBUF,
	SHIM_CALL_STREAMON,
	SHIM_CALL_COUNT,
};

struct shim_refusal {
	int error;     /* an errno, 0 for none */
	unsigned left; /* how often; 0 for ever */
};

struct shim_size {
	uint32_t width, height;
};

struct shim_blob {
	uint8_t *data;
	size_t size;
};

struct shim_format {
	uint32_t fourcc;
	struct shim_blob *pictures; /* MJPEG: each a file; raw: the frames of one file, or none */
	size_t n_pictures;
};

struct shim_buffer {
	bool is_queued;
	bool is_done;
	uint32_t flags;
	uint32_t sequence;
	uint64_t time_ns;
	uint32_t bytesused[SHIM_PLANES_MAX];
};

/* Indices of buffers in the order of their coming. */
struct shim_fifo {
	unsigned indices[SHIM_BUFFERS_MAX];
	unsigned head, count;
};

struct shim_device {
	/* Set up from the environment. */
	char key[SHIM_PATH_MAX]; /* the path that it had first: its name in commands */
	char card[32], bus[32];
	unsigned index;
	uint32_t caps;
	bool is_mplane;
	struct shim_format formats[SHIM_FORMATS_MAX];
	unsigned n_formats;
	struct shim_size sizes[SHIM_SIZES_MAX];
	unsigned n_sizes;
	unsigned fps_max;
	uint32_t padding;     /* bytes after each row */
	uint32_t data_offset; /* bytes before the first memory plane, multiplanar only */
	uint32_t sizeimage;   /* of MJPEG, 0: two bytes a pixel */
	unsigned min_buffers;

	/* Changed by commands. */
	char path[SHIM_PATH_MAX];
	bool is_present, is_frozen;
	unsigned stop_ms; /* what VIDIOC_STREAMOFF takes */
	enum shim_fault fault;
	unsigned fault_left; /* 0: for ever */
	unsigned repeats;    /* buffers that are given out once more */
	struct shim_refusal refusals[SHIM_CALL_COUNT];

	/* Changed by the program. */
	const struct shim_format *format;
	struct shim_size size;
	unsigned fps;
	int owner; /* the descriptor that has the buffers, or -1 */
	int memory_fd;
	uint8_t *memory;
	size_t memory_bytes;
	unsigned n_buffers;
	struct shim_buffer buffers[SHIM_BUFFERS_MAX];
	struct shim_fifo queued, done;
	unsigned last_index; /* of the buffer that was given out last */
	bool is_streaming, is_stopping;
	pthread_t thread;
	pthread_cond_t wake;
	uint32_t sequence;
};

/* An open descriptor of a device: one end of a socket pair whose other end is the shim's. */
struct shim_file {
	int fd, peer;
	bool is_blocking;
	struct shim_device *device;
};

/* How the picture lies in the memory planes of a buffer, by the format that is set. */
struct shim_layout {
	unsigned planes;
	uint32_t stride[SHIM_PLANES_MAX];
	uint32_t size[SHIM_PLANES_MAX]; /* of the memory plane */
};

/* The functions that the shim stands in front of. */
struct shim_real {
	int (*open)(const char *path, int flags, ...);
	int (*openat)(int folder, const char *path, int flags, ...);
	int (*close)(int fd);
	int (*ioctl)(int fd, unsigned long request, ...);
	void *(*mmap)(void *address, size_t size, int protection, int flags, int fd, off_t offset);
	int (*munmap)(void *address, size_t size);
	int (*access)(const char *path, int mode);
	DIR *(*opendir)(const char *path);
};

/* The one state of the shim; everything in it is under the lock. */
struct shim {
	pthread_mutex_t lock;
	struct shim_real real;
	struct shim_device devices[SHIM_DEVICES_MAX];
	unsigned n_devices;
	const char *sysfs; /* folder that stands for /sys/class/video4linux, or NULL */
	int control_fd;    /* or -1 */
	off_t control_offset;
};

extern struct shim shim;

/* shim-config.c: from the environment, once. Under the lock. */
void shim_configure(void);
void shim_complain(const char *what, const char *text);
/* Keeps the folder that stands for the class in /sys in step with who is there. */
void shim_publish(const struct shim_device *device);

/* shim-control.c: obeys the commands that came since. Under the lock. */
void shim_obey(void);
/* 0, or the errno with which the call is refused. */
int shim_refuses(struct shim_device *device, enum shim_call call);

/* v4l2-shim.c: open files. Under the lock. */
struct shim_file *shim_find_file(int fd);
void shim_hang_up(struct shim_device *device);

/* shim-picture.c */
struct shim_layout shim_layout_of(const struct shim_device *device);
bool shim_load_pictures(struct shim_format *format, const char *path);
/* Draws frame number n and returns the bytes of each memory plane. */
void shim_draw(const struct shim_device *device, uint32_t n, uint8_t *planes[SHIM_PLANES_MAX],
	uint32_t ret_bytes[SHIM_PLANES_MAX]);
/* Damages a drawn picture; returns the buffer flags to add. */
uint32_t shim_damage(const struct shim_device *device, enum shim_fault fault,
	uint8_t *planes[SHIM_PLANES_MAX], uint32_t bytes[SHIM_PLANES_MAX]);

/* shim-stream.c: buffers and the thread that fills them. Under the lock; 0 or an errno. */
int shim_request_buffers(struct shim_file *file, uint32_t *count);
size_t shim_plane_offset(const struct shim_device *device, unsigned index, unsigned plane);
int shim_queue_buffer(struct shim_device *device, unsigned index);
int shim_dequeue_buffer(struct shim_file *file, unsigned *ret_index);
int shim_stream_on(struct shim_file *file);
void shim_stream_off(struct shim_device *device);
void shim_fifo_push(struct shim_fifo *fifo, unsigned index);
unsigned shim_fifo_pop(struct shim_fifo *fifo);

/*
 * shim-memory.c: the memory that the buffers take. As in the kernel, a buffer that the program has
 * mapped outlives its device's buffers. Under the lock.
 */
void shim_memory_configure(void);
void shim_memory_made(const struct shim_device *device);
void shim_memory_mapped(const struct shim_device *device, void *address, size_t size);
void shim_memory_freed(const struct shim_device *device);
void shim_memory_unmapped(const void *address, size_t size);

/* shim-ioctl.c: 0 or an errno. Takes the lock. */
int shim_ioctl(int fd, unsigned long request, void *argument);

#endif
