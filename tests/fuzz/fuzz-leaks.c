/* What valgrind writes, and files of suppressions. */
#include "profile/leaks/leak-text.h"

#include <string.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_names_ struct names names = {0};
	struct leak_counts counts;
	uint64_t errors;

	char *text = malloc(size + 1);
	must(text);
	if (size > 0) {
		memcpy(text, data, size);
	}
	text[size] = '\0';
	(void)leak_errors_parse(text, &errors);
	if (leak_counts_parse(text, &counts) == 0) {
		must(strstr(text, "LEAK SUMMARY:") || strstr(text, "All heap blocks were freed"));
	}
	if (leak_suppressions_parse(text, &names) == 0) {
		for (size_t i = 0; i < names.n; i++) {
			must(names.items[i][0] && !strchr(names.items[i], '\n'));
			(void)leak_suppression_is_used(text, names.items[i]);
		}
	}
	free(text);
	return 0;
}
