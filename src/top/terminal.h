/* The terminal on standard input and output, apart from curses, which may have died. */
#ifndef TOP_TERMINAL_H
#define TOP_TERMINAL_H

#include <termios.h>

/* 0; -ENOTTY: it is not a terminal, or not one that terminfo(5) knows. */
int terminal_save(struct termios *ret_before);

/* As curses leaves it when it ends orderly: modes, cursor, attributes, and the screen before. */
void terminal_restore(const struct termios *before);

#endif
