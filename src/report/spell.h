/* Figures for people: as many digits as mean something. */
#ifndef REPORT_SPELL_H
#define REPORT_SPELL_H

#include <stddef.h>

#include "report/report.h"

#define SPELL_TEXT_MAX 48

/* "29.97", "2346"; "-" for NAN. */
const char *spell_number(double value, char buffer[static SPELL_TEXT_MAX]);

/* "29.97 fps"; without the unit when that is "" or the value NAN. */
const char *spell_value(double value, const char *unit, char buffer[static SPELL_TEXT_MAX]);

/* "45 s", "12 min", "23.5 h", "6.8 d". */
const char *spell_duration(double seconds, char buffer[static SPELL_TEXT_MAX]);

/* "2026-11-27 21:40:05 UTC". */
const char *spell_time(time_t time, char buffer[static SPELL_TEXT_MAX]);

#endif
