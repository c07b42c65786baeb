#include "watch/alert/message.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

void message_add_value(struct text *text, const char *name, double value, int decimals)
{
	if (isnan(value)) {
		text_add(text, "-");
	} else if (figure_is_state(name)) {
		text_add(text, "%s", figure_state_name(value));
	} else {
		text_add(text, "%.*f", figure_is_whole(name) ? 0 : decimals, value);
	}
}

void message_add_limit(struct text *text, const struct condition_term *term)
{
	if (figure_is_state(term->name)) {
		text_add(text, "%s", figure_state_name(term->limit));
	} else {
		text_add(text, "%.15g", term->limit);
	}
}

static double value_of(const struct message *message, const struct condition_term *term)
{
	return figure_value(&term->figure, message->system, message->processes);
}

static void add_terms(struct text *text, const struct message *message)
{
	for (size_t i = 0; i < message->rule->when.n; i++) {
		const struct condition_term *term = &message->rule->when.terms[i];
		text_add(text, "%s%s is ", i ? ", " : "", term->name);
		message_add_value(text, term->name, value_of(message, term), 1);
		text_add(text, " (%s ", condition_op_text(term->op));
		message_add_limit(text, term);
		text_add(text, ")");
	}
}

static void add_largest(struct text *text, const struct message *message)
{
	char bytes[TEXT_BYTES_SIZE];

	text_add(text, "; largest: ");
	for (size_t i = 0; i < message->n_largest; i++) {
		const struct large_process *process = &message->largest[i];
		text_format_bytes((double)process->bytes, bytes);
		text_add(text, "%s%s (%d) %s", i ? ", " : "", process->comm, (int)process->pid,
			bytes);
	}
	text_add(text, "%s", message->n_largest ? "" : "-");
}

void message_write(struct text *text, const struct message *message)
{
	const double *values = message->system->values;
	char since[TEXT_TIME_SIZE];

	text_format_time(message->state->raised_unix_ms, since);
	text_add(text, "alert %s %s: ", message->rule->name, alert_event_name(message->event));
	add_terms(text, message);
	text_add(text, "; since %s; stalled by memory ", since);
	message_add_value(text, "_percent", values[FIGURE_PSI_MEMORY_SOME], 1);
	text_add(text, "/");
	message_add_value(text, "_percent", values[FIGURE_PSI_MEMORY_FULL], 1);
	text_add(text, "%%");
	add_largest(text, message);
}

static bool is_plain(const char *value)
{
	for (; *value; value++) {
		if (*value < ' ' || *value > '~') {
			return false;
		}
	}
	return true;
}

static void add_base64(struct text *text, const unsigned char *data, size_t size)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < size; i += 3) {
		size_t n = size - i < 3 ? size - i : 3;
		unsigned bits = (unsigned)data[i] << 16 | (n > 1 ? (unsigned)data[i + 1] << 8 : 0) |
				(n > 2 ? data[i + 2] : 0);
		text_add(text, "%c%c%c%c", digits[bits >> 18], digits[bits >> 12 & 63],
			n > 1 ? digits[bits >> 6 & 63] : '=', n > 2 ? digits[bits & 63] : '=');
	}
}

/*
 * An encoded word is at most 75 bytes long, of which 12 are around the text: 45 bytes of UTF-8 make
 * 60. A character is not parted.
 */
void message_add_header(struct text *text, const char *value)
{
	const size_t word_max = 45;
	size_t left = strlen(value);

	if (is_plain(value)) {
		text_add(text, "%s", value);
		return;
	}
	while (left > 0) {
		size_t n = left < word_max ? left : word_max;
		while (n > 1 && n < left && ((unsigned char)value[n] & 0xc0) == 0x80) {
			n--;
		}
		text_add(text, "=?UTF-8?B?");
		add_base64(text, (const unsigned char *)value, n);
		text_add(text, "?=%s", n < left ? "\n " : "");
		value += n;
		left -= n;
	}
}

static void add_server(struct text *text, const struct server_sample *server)
{
	for (int i = 0; i < SERVER_FIGURE_COUNT; i++) {
		text_add(text, "server.%s = ", server_figure_names[i]);
		message_add_value(text, server_figure_names[i], server->values[i], 1);
		text_add(text, "\n");
	}
	for (size_t i = 0; i < server->n_cameras; i++) {
		const struct camera_entry *camera = &server->cameras[i];
		for (int j = 0; j < CAMERA_FIGURE_COUNT; j++) {
			text_add(text, "camera.%s.%s = ", camera->name, camera_figure_names[j]);
			message_add_value(text, camera_figure_names[j], camera->values[j], 1);
			text_add(text, "\n");
		}
	}
}

static void add_figures(struct text *text, const struct message *message)
{
	for (int i = 0; i < SYSTEM_FIGURE_COUNT; i++) {
		text_add(text, "%s = ", system_figure_names[i]);
		message_add_value(text, system_figure_names[i], message->system->values[i], 1);
		text_add(text, "\n");
	}
	for (size_t i = 0; message->processes && i < message->processes->n; i++) {
		const struct process_entry *entry = &message->processes->entries[i];
		for (int j = 0; j < PROCESS_FIGURE_COUNT; j++) {
			text_add(text, "process.%s.%s = ", entry->name, process_figure_names[j]);
			message_add_value(text, process_figure_names[j], entry->values[j], 1);
			text_add(text, "\n");
		}
	}
	if (message->processes) {
		add_server(text, &message->processes->server);
	}
}

void message_write_mail(struct text *text, const struct message *message, const char *host)
{
	char subject[ALERT_COMMAND_MAX + ALERT_NAME_MAX + 128];
	const struct alert_rule *rule = message->rule;

	if (rule->subject[0]) {
		snprintf(subject, sizeof(subject), "%s (%s: %s)", rule->subject, host,
			alert_event_name(message->event));
	} else {
		snprintf(subject, sizeof(subject), "%s: alert %s %s", host, rule->name,
			alert_event_name(message->event));
	}
	text_add(text, "To: %s\nSubject: ", rule->mail);
	message_add_header(text, subject);
	text_add(text, "\nMIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\n"
		       "Content-Transfer-Encoding: 8bit\nAuto-Submitted: auto-generated\n\n");
	message_write(text, message);
	text_add(text, "\n\n");
	add_figures(text, message);
}
