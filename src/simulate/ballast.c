/*
 * In pieces, so that huge pages give what they can and the locked ones only fill up the rest. Pages
 * of a pool that an administrator set aside are taken first by the kernel and change nothing: what
 * counts is how much Hugetlb of /proc/meminfo has grown.
 */
#include "simulate/ballast.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/mman.h>

#include "kernel/meminfo.h"
#include "util/clock.h"

#define PIECE_BYTES     (UINT64_C(16) << 20)
#define HUGE_TIMEOUT_NS (10 * NSEC_PER_SEC)
#define MIB             (UINT64_C(1) << 20)

int ballast_count_pages(const struct sysroot *root, uint64_t bytes, uint64_t *ret_pages)
{
	uint64_t page_bytes;
	int r = meminfo_read_field(root, MEMINFO_HUGE_PAGE, &page_bytes);

	if (r < 0 || page_bytes == 0) {
		return r == -ENOENT || r == 0 ? -ENOTSUP : r;
	}
	*ret_pages = (bytes + page_bytes - 1) / page_bytes;
	return 0;
}

/* 0, -ETIMEDOUT, or -ENOMEM when the next piece would leave too little. */
static int check_piece(
	const struct sysroot *root, uint64_t piece, uint64_t spare_bytes, uint64_t end_ns)
{
	uint64_t available;

	if (clock_now_ns() >= end_ns) {
		return -ETIMEDOUT;
	}
	int r = meminfo_read_field(root, MEMINFO_AVAILABLE, &available);
	if (r < 0) {
		return r;
	}
	return available < piece || available - piece < spare_bytes ? -ENOMEM : 0;
}

/*
 * Nothing ever unmaps it but the end of the process. Huge pages are taken from the machine when
 * they are reserved: to touch, and so to clear them, would only cost time.
 */
static bool map(uint64_t bytes, int flags)
{
	void *address = mmap(
		NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);

	if (address == MAP_FAILED) {
		return false;
	}
	/* mlock(2) reports what mmap(2) passed over in silence: pages that could not be had. */
	if (madvise(address, bytes, MADV_DONTFORK) < 0 ||
		(!(flags & MAP_HUGETLB) && mlock(address, bytes) < 0)) {
		munmap(address, bytes);
		return false;
	}
	return true;
}

/*
 * Smaller pieces when no larger ones are left. No more is mapped than is wanted and was set aside
 * before, whatever others do with Hugetlb meanwhile. 0; -ENOMEM when there is no page more;
 * -ETIMEDOUT: on a machine whose memory is fragmented, the kernel makes room for each by moving
 * others.
 */
static int take_huge(struct ballast *ballast, const struct sysroot *root, uint64_t bytes,
	uint64_t page_bytes, uint64_t spare_bytes, uint64_t end_ns)
{
	uint64_t begun, now, mapped = 0, piece = PIECE_BYTES / page_bytes * page_bytes;
	int r = meminfo_read_field(root, MEMINFO_HUGETLB, &begun);

	while (r == 0 && ballast->huge_bytes < bytes && mapped < bytes + begun) {
		uint64_t rest = bytes - ballast->huge_bytes;
		rest = (rest + page_bytes - 1) / page_bytes * page_bytes;
		piece = piece < page_bytes ? page_bytes : piece;
		piece = piece < rest ? piece : rest;
		r = check_piece(root, piece, spare_bytes, end_ns);
		if (r < 0) {
			break;
		}
		if (map(piece, MAP_HUGETLB)) {
			mapped += piece;
			r = meminfo_read_field(root, MEMINFO_HUGETLB, &now);
			ballast->huge_bytes = r == 0 && now > begun ? now - begun : 0;
		} else if (piece > page_bytes) {
			piece = piece / 2 / page_bytes * page_bytes;
		} else {
			r = -ENOMEM;
		}
	}
	return r;
}

/* The kernel clears each page, and reclaims others for it: on a slow machine that is for long. */
static int take_locked(struct ballast *ballast, const struct sysroot *root, uint64_t bytes,
	uint64_t spare_bytes, uint64_t end_ns)
{
	while (ballast->locked_bytes < bytes) {
		uint64_t rest = bytes - ballast->locked_bytes;
		uint64_t piece = rest < PIECE_BYTES ? rest : PIECE_BYTES;
		int r = check_piece(root, piece, spare_bytes, end_ns);
		if (r < 0) {
			return r;
		}
		if (!map(piece, 0)) {
			return -errno;
		}
		ballast->locked_bytes += piece;
	}
	return 0;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static int take_all(
	struct ballast *ballast, const struct sysroot *root, const struct ballast_request *request)
{
	uint64_t now_ns = clock_now_ns(), end_ns = now_ns + request->timeout_ns;
	uint64_t bytes = request->bytes, page_bytes, pages;

	int r = ballast_count_pages(root, bytes, &pages);
	if (r == 0 && pages > 0) {
		r = meminfo_read_field(root, MEMINFO_HUGE_PAGE, &page_bytes);
		if (r == 0) {
			(void)sysroot_write(
				root, "/proc/sys/vm/compact_memory", "1"); /* best effort */
			r = take_huge(ballast, root, bytes, page_bytes, request->spare_bytes,
				earlier(now_ns + HUGE_TIMEOUT_NS, end_ns));
			ballast->was_late = r == -ETIMEDOUT;
		}
	}
	return ballast->huge_bytes < bytes ? take_locked(ballast, root, bytes - ballast->huge_bytes,
						     request->spare_bytes, end_ns)
					   : r;
}

int ballast_take(struct ballast *ballast, const struct sysroot *root,
	const struct ballast_request *request, struct error *err)
{
	uint64_t begun_ns = clock_now_ns();

	*ballast = (struct ballast){0};
	int r = take_all(ballast, root, request);
	if (r < 0) {
		return error_set(err, r,
			"the machine: only %llu of %llu MiB could be taken from it in %.0f s: %s; "
			"end some of what runs, and try again",
			(unsigned long long)((ballast->huge_bytes + ballast->locked_bytes) / MIB),
			(unsigned long long)(request->bytes / MIB),
			clock_to_seconds(clock_now_ns() - begun_ns), error_name(r));
	}
	return 0;
}
