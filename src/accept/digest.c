#include "accept/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>

#include "util/cleanup.h"

static void cleanup_digest(EVP_MD_CTX **context)
{
	EVP_MD_CTX_free(*context);
}

static int add_file(EVP_MD_CTX *context, int fd)
{
	char buffer[16384];

	for (;;) {
		ssize_t n = read(fd, buffer, sizeof(buffer));
		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n <= 0) {
			return n < 0 ? -errno : 0;
		}
		if (EVP_DigestUpdate(context, buffer, (size_t)n) != 1) {
			return -EIO;
		}
	}
}

int digest_file(const char *path, char ret_text[static DIGEST_TEXT_SIZE])
{
	_cleanup_(cleanup_digest) EVP_MD_CTX *context = EVP_MD_CTX_new();
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned size;

	if (fd < 0) {
		return -errno;
	}
	if (!context || EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1) {
		return -ENOMEM;
	}
	int r = add_file(context, fd);
	if (r < 0) {
		return r;
	}
	if (EVP_DigestFinal_ex(context, digest, &size) != 1 || 2 * size >= DIGEST_TEXT_SIZE) {
		return -EIO;
	}
	for (unsigned i = 0; i < size; i++) {
		snprintf(ret_text + (size_t)2 * i, 3, "%02x", digest[i]);
	}
	return 0;
}
