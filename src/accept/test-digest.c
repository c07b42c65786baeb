#include "accept/digest.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "util/fixture-tree.h"

/* FIPS 180-2, appendix B.1, and the empty message. */
static void test_known(void **state)
{
	const struct tree *tree = *state;
	char text[DIGEST_TEXT_SIZE], path[128];

	tree_write(tree, "/abc", "abc");
	snprintf(path, sizeof(path), "%s/abc", tree->root.path);
	assert_int_equal(digest_file(path, text), 0);
	assert_string_equal(
		text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_int_equal(digest_file("/dev/null", text), 0);
	assert_string_equal(
		text, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	assert_int_equal(digest_file(tree->root.path, text), -EISDIR);
	snprintf(path, sizeof(path), "%s/none", tree->root.path);
	assert_int_equal(digest_file(path, text), -ENOENT);
}

int main(void)
{
	static struct tree tree;
	const struct CMUnitTest tests[] = {
		tree_test(test_known, &tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
