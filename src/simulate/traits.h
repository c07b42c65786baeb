/* What a simulation has in common with the board that it stands for, and what not. */
#ifndef SIMULATE_TRAITS_H
#define SIMULATE_TRAITS_H

#include <stdbool.h>
#include <stddef.h>

#include "simulate/simulation.h"

#define TRAITS_MAX 16

struct traits {
	const char *reproduced[TRAITS_MAX], *missing[TRAITS_MAX];
	size_t n_reproduced, n_missing;
};

/* Of a simulation as it was: by the version of cgroups, and by what was taken from the machine. */
void traits_of(bool is_whole, const struct simulation_report *report, struct traits *ret_traits);

#endif
