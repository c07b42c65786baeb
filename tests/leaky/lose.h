/* What a server can lose besides memory of its heap. Each loses one piece of it for good. */
#ifndef LEAKY_LOSE_H
#define LEAKY_LOSE_H

/* A KiB in a connection whose other end does not read. */
void lose_socket_memory(void);

void lose_descriptor(void);

/* One that does nothing. */
void lose_thread(void);

/* A buffer of the V4L2 device LEAK_DEVICE, which stays mapped while the device is closed. */
void lose_device_memory(void);

/* Nothing is lost, but the heap grows by about 4 KiB that it cannot use again. */
void fragment(void);

#endif
