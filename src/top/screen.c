#include "top/screen.h"

#include <curses.h>
#include <errno.h>
#include <langinfo.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "top/terminal.h"
#include "util/clock.h"

static volatile sig_atomic_t is_ended; /* of the child */
static volatile pid_t forwarded_to;    /* of the parent */

static const short colours[CANVAS_STYLE_COUNT] = {
	[CANVAS_STYLE_NORMAL] = -1,
	[CANVAS_STYLE_TITLE] = -1,
	[CANVAS_STYLE_FAINT] = -1,
	[CANVAS_STYLE_GOOD] = COLOR_GREEN,
	[CANVAS_STYLE_WARNING] = COLOR_YELLOW,
	[CANVAS_STYLE_BAD] = COLOR_RED,
	[CANVAS_STYLE_ANONYMOUS] = COLOR_BLUE,
	[CANVAS_STYLE_KERNEL] = COLOR_MAGENTA,
	[CANVAS_STYLE_DRIVERS] = COLOR_RED,
	[CANVAS_STYLE_ZRAM] = COLOR_YELLOW,
	[CANVAS_STYLE_CACHE] = COLOR_CYAN,
};

/* What tells them apart without colours. */
static const attr_t attributes[CANVAS_STYLE_COUNT] = {
	[CANVAS_STYLE_TITLE] = A_BOLD,
	[CANVAS_STYLE_FAINT] = A_DIM,
	[CANVAS_STYLE_WARNING] = A_BOLD,
	[CANVAS_STYLE_BAD] = A_BOLD,
};

bool screen_has_blocks(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

static void end_loop(int signo)
{
	(void)signo;
	is_ended = 1;
}

/* The kernel tells a terminal's end to the leader of its session alone. */
static void forward(int signo)
{
	int saved_errno = errno;

	(void)signo;
	kill(forwarded_to, SIGTERM);
	errno = saved_errno;
}

/* What waits is interrupted. */
static void set_handler(void (*handler)(int signo))
{
	const struct sigaction action = {.sa_handler = handler};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
}

static void init_styles(void)
{
	if (!has_colors() || start_color() == ERR || use_default_colors() == ERR) {
		return;
	}
	for (short i = 0; i < CANVAS_STYLE_COUNT; i++) {
		init_pair((short)(i + 1), colours[i], -1);
	}
}

static void show(const struct canvas *canvas)
{
	erase();
	for (int row = 0; row < canvas->rows; row++) {
		for (int column = 0; column < canvas->columns; column++) {
			const struct canvas_cell *cell = &canvas->cells[row][column];
			if (cell->text[0]) {
				attr_set(attributes[cell->style],
					has_colors() ? (short)(cell->style + 1) : 0, NULL);
				mvaddstr(row, column, cell->text);
			}
		}
	}
	refresh();
}

/* Where the terminal is gone, getch() returns at once, for ever. */
static bool has_hung_up(void)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};

	return poll(&input, 1, 0) > 0 && (input.revents & (POLLHUP | POLLERR | POLLNVAL));
}

/* Returns early after a key and when the window was resized; false when this is to end. */
static bool wait_for_key(uint64_t until_ns)
{
	uint64_t now_ns = clock_now_ns();

	timeout(now_ns < until_ns ? (int)((until_ns - now_ns) / NSEC_PER_MSEC) + 1 : 0);
	int key = getch();
	return key != 'q' && key != 'Q' && !is_ended && !has_hung_up();
}

static void run_loop(const struct screen_source *source, uint64_t interval_ns)
{
	static struct canvas canvas;
	uint64_t next_ns = clock_now_ns();

	do {
		if (clock_now_ns() >= next_ns) {
			source->update(source->data);
			next_ns = clock_now_ns() + interval_ns;
		}
		canvas_init(&canvas, LINES, COLS);
		source->draw(source->data, &canvas);
		show(&canvas);
	} while (wait_for_key(next_ns));
}

__attribute__((noreturn)) static void run_child(
	const struct screen_source *source, uint64_t interval_ns, pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent) {
		_exit(0);
	}
	set_handler(end_loop);
	if (!newterm(NULL, stdout, stdin)) {
		_exit(1);
	}
	init_styles();
	cbreak();
	noecho();
	curs_set(0);
	keypad(stdscr, TRUE);
	run_loop(source, interval_ns);
	endwin();
	_exit(0);
}

static int refuse_terminal(struct error *err)
{
	const char *name = getenv("TERM");

	return error_set(err, -ENOTTY,
		"top: the terminal \"%.32s\" cannot be used: it is not known to terminfo; "
		"set TERM",
		name ? name : "");
}

/* Forwards signals until the child has ended, but not once its number may be another's. */
static int wait_for(pid_t child, struct error *err)
{
	siginfo_t ended;
	int r;

	forwarded_to = child;
	set_handler(forward);
	do {
		r = waitid(P_PID, (id_t)child, &ended, WEXITED | WNOWAIT);
	} while (r < 0 && errno == EINTR);
	if (r < 0) {
		return error_set(err, -errno, "top: %s", error_name(-errno));
	}
	set_handler(SIG_IGN);
	waitid(P_PID, (id_t)child, &ended, WEXITED);
	if (ended.si_code != CLD_EXITED) {
		return error_set(err, -ECHILD, "top: ended by signal %d", ended.si_status);
	}
	return ended.si_status == 0 ? 0 : refuse_terminal(err);
}

int screen_run(const struct screen_source *source, uint64_t interval_ns, struct error *err)
{
	struct termios before;

	if (terminal_save(&before) < 0) {
		return refuse_terminal(err);
	}
	pid_t self = getpid();
	pid_t child = fork();
	if (child < 0) {
		return error_set(err, -errno, "top: %s", error_name(-errno));
	}
	if (child == 0) {
		run_child(source, interval_ns, self);
	}
	int r = wait_for(child, err);
	if (r < 0) {
		terminal_restore(&before);
	}
	return r;
}
