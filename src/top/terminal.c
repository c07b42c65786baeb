#include "top/terminal.h"

#include <curses.h>
#include <errno.h>
#include <stdio.h>
#include <term.h>
#include <unistd.h>

int terminal_save(struct termios *ret_before)
{
	int reason;

	if (tcgetattr(STDIN_FILENO, ret_before) < 0 ||
		setupterm(NULL, STDOUT_FILENO, &reason) == ERR) {
		return -ENOTTY;
	}
	return 0;
}

static int put_character(int character)
{
	return putchar(character);
}

void terminal_restore(const struct termios *before)
{
	const char *const capabilities[] = {exit_attribute_mode, cursor_normal, exit_ca_mode};

	tcsetattr(STDIN_FILENO, TCSADRAIN, before);
	for (size_t i = 0; i < sizeof(capabilities) / sizeof(capabilities[0]); i++) {
		if (capabilities[i]) {
			tputs(capabilities[i], 1, put_character);
		}
	}
	fflush(stdout);
}
