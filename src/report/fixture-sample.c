/*
 * For tests of the files from outside: report-sample short|week|hostile xml|html|plain. html: with
 * dygraphs where it is installed; plain: as where it is not. Writes to standard output.
 */
#include <stdio.h>
#include <string.h>

#include "report/dygraphs.h"
#include "report/fixture-report.h"

int main(int argc, char **argv)
{
	_cleanup_dygraphs_ struct report_dygraphs dygraphs = {0};
	struct fixture_report fixture;

	if (argc != 3) {
		return 2;
	}
	bool is_week = strcmp(argv[1], "week") == 0;
	fixture_report_init(
		&fixture, is_week ? 60480 : 60, is_week ? 10 : 1, strcmp(argv[1], "hostile") == 0);
	if (strcmp(argv[2], "html") == 0 && dygraphs_load(&sysroot_real, &dygraphs) < 0) {
		fprintf(stderr, "dygraphs is not installed\n");
	}
	int r = strcmp(argv[2], "xml") == 0
			? report_write_xml(&fixture.report, stdout)
			: report_write_html(&fixture.report, &dygraphs, REPORT_LANGUAGE_EN, stdout);
	fixture_report_done(&fixture);
	return r < 0;
}
