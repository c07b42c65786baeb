/* Viewers that give no sign of life are cut off, so that others get their places. */
#ifndef SERVER_CORE_EVICTION_H
#define SERVER_CORE_EVICTION_H

#include "server/core/viewer.h"

/* The socket of the viewer is full: cuts it off when its peer has taken nothing for stall_timeout.
 */
void eviction_check_blocked(struct viewer *viewer);

/*
 * From now on the viewer is looked at every stall_timeout. One that was sent nothing is cut off
 * when it does not answer a ping until the next look; over HTTP, when it has closed the connection.
 */
void eviction_schedule_check(struct viewer *viewer);

#endif
