#include "client/ages.h"

#include <errno.h>

int ages_init(struct ages *ages)
{
	if (!ages->at_arrival.buckets && loglinear_init(&ages->at_arrival, &loglinear_fine) < 0) {
		return -ENOMEM;
	}
	if (!ages->on_screen.buckets && loglinear_init(&ages->on_screen, &loglinear_fine) < 0) {
		return -ENOMEM;
	}
	return 0;
}

void ages_clear(struct ages *ages)
{
	if (ages->at_arrival.buckets && ages->on_screen.buckets) {
		loglinear_clear(&ages->at_arrival);
		loglinear_clear(&ages->on_screen);
	}
}

void ages_done(struct ages *ages)
{
	loglinear_done(&ages->at_arrival);
	loglinear_done(&ages->on_screen);
}
