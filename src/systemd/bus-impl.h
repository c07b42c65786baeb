/* What the files of the bus share. */
#ifndef SYSTEMD_BUS_IMPL_H
#define SYSTEMD_BUS_IMPL_H

#include <jansson.h>
#include <systemd/sd-bus.h>

/* All values of a message as an array. -EBADMSG: it is damaged, or nested too deep. */
int bus_message_to_json(sd_bus_message *message, json_t **ret_values);

#endif
