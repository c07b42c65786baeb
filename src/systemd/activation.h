/*
 * D-Bus activation: a call of a bus name starts the unit that a file in
 * /usr/share/dbus-1/system-services names with SystemdService=; see dbus-daemon(1). The unit is
 * often an alias (dbus-org.bluez.service), which exists only as long as its service is enabled.
 */
#ifndef SYSTEMD_ACTIVATION_H
#define SYSTEMD_ACTIVATION_H

#include "util/names.h"
#include "util/sysroot.h"

/*
 * The units that a call on the bus can start, aliases as they are written. Folders and files that
 * cannot be read are left out. 0, or -ENOMEM.
 */
int activation_list(const struct sysroot *root, struct names *ret_units);

/*
 * The value of SystemdService= in the text of such a file, without blanks around it, in a new
 * string; NULL when it names none. 0, or -ENOMEM.
 */
int activation_parse(const char *text, char **ret_unit);

#endif
