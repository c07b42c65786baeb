/* Which cameras are shown when the configuration names none, and which of them are there. */
#ifndef SERVE_CHOICE_H
#define SERVE_CHOICE_H

#include "config/config.h"

/*
 * Adds the first two V4L2 devices that can be used; with none of them, two synthetic cameras. For a
 * configuration without cameras. Logs what it took.
 */
void choice_pick_cameras(struct config *config);

/*
 * Logs every camera that is not there or may not be opened. 0 when at least one is; else -ENODEV.
 */
int choice_check_cameras(const struct config *config);

#endif
