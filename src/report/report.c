#include "report/report.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

static void add(char *text, const char *format, va_list arguments)
{
	size_t used = strlen(text);

	vsnprintf(text + used, REPORT_NOTE_MAX - used, format, arguments);
}

static void add_both(struct report_note *note, const char *en, const char *zh, va_list arguments)
{
	va_list copy;

	va_copy(copy, arguments);
	add(note->en, en, copy);
	va_end(copy);
	add(note->zh, zh, arguments);
}

void report_note_add(struct report_note *note, const char *en, const char *zh, ...)
{
	va_list arguments;

	va_start(arguments, zh);
	add_both(note, en, zh, arguments);
	va_end(arguments);
}

void report_note_set(struct report_note *note, const char *en, const char *zh, ...)
{
	va_list arguments;

	*note = (struct report_note){"", ""};
	va_start(arguments, zh);
	add_both(note, en, zh, arguments);
	va_end(arguments);
}

static const struct report_text states[] = {
	[REPORT_STATE_PASS] = {"pass", "通过"},
	[REPORT_STATE_FAIL] = {"fail", "未通过"},
	[REPORT_STATE_UNDECIDED] = {"undecided", "未定"},
	[REPORT_STATE_NOT_APPLICABLE] = {"not applicable", "不适用"},
	[REPORT_STATE_NOT_RUN] = {"not run", "未测试"},
	[REPORT_STATE_ERROR] = {"error", "测量出错"},
};

struct report_text report_state_text(enum report_state state)
{
	assert(state < REPORT_STATE_COUNT);
	return states[state];
}

const char *report_state_name(enum report_state state)
{
	return report_state_text(state).en;
}

const char *report_box_name(enum report_box box)
{
	switch (box) {
	case REPORT_BOX_FOUND:
		return "found";
	case REPORT_BOX_NOT_FOUND:
		return "not found";
	case REPORT_BOX_SIGNATURE:
		break;
	}
	return "signature";
}

enum report_state report_verdict(const struct report *report)
{
	bool is_open = !report->is_complete || report->n_criteria == 0;

	for (size_t i = 0; i < report->n_criteria; i++) {
		enum report_state state = report->criteria[i].state;
		if (state == REPORT_STATE_FAIL) {
			return REPORT_STATE_FAIL;
		}
		is_open |= state != REPORT_STATE_PASS && state != REPORT_STATE_NOT_APPLICABLE;
	}
	return is_open ? REPORT_STATE_UNDECIDED : REPORT_STATE_PASS;
}
