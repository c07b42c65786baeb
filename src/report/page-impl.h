/* The fixed parts of the HTML report: web/report/, embedded at build time. NUL-terminated. */
#ifndef REPORT_PAGE_IMPL_H
#define REPORT_PAGE_IMPL_H

extern const char page_html[]; /* with places such as <!--criteria--> that are filled in */
extern const char page_css[];
extern const char page_js[];

#endif
