/* Preloaded into a server, it makes the encoding of each picture take 60 ms longer. */
#include <stdio.h>
#include <time.h>

#include <jpeglib.h>

#include "preload.h"

#define SLOW_NS 60000000

GLOBAL(void) jpeg_finish_compress(j_compress_ptr compress)
{
	nanosleep(&(struct timespec){.tv_nsec = SLOW_NS}, NULL);
	NEXT(jpeg_finish_compress)(compress);
}
