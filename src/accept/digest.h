/* SHA-256 of a file, as sha256sum(1) prints it. */
#ifndef ACCEPT_DIGEST_H
#define ACCEPT_DIGEST_H

#define DIGEST_TEXT_SIZE 65

/* 0 or a negative errno. */
int digest_file(const char *path, char ret_text[static DIGEST_TEXT_SIZE]);

#endif
