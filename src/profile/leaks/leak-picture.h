/* A picture, 16x16 and grey, as a camera delivers it. */
#ifndef PROFILE_LEAKS_LEAK_PICTURE_H
#define PROFILE_LEAKS_LEAK_PICTURE_H

#include <stdint.h>

#define LEAK_PICTURE_BYTES 202

extern const uint8_t leak_picture[LEAK_PICTURE_BYTES];

#endif
