/*
 * The page is a fixed text with places of the form <!--name-->, each filled by one function. All
 * that comes from outside goes through markup_write().
 */
#include "report/report.h"

#include <errno.h>
#include <string.h>

#include "report/html-impl.h"
#include "report/markup.h"
#include "report/page-impl.h"
#include "report/spell.h"

#define PLACE_BEGIN "<!--"
#define PLACE_END   "-->"

void html_write_text(struct html *html, struct report_text text)
{
	fputs("<span lang=\"en\">", html->out);
	markup_write(html->out, text.en);
	fputs("</span><span lang=\"zh-CN\">", html->out);
	markup_write(html->out, text.zh);
	fputs("</span>", html->out);
}

void html_write_note(struct html *html, const struct report_note *note)
{
	html_write_text(html, (struct report_text){note->en, note->zh});
}

void html_write_number(struct html *html, double value, const char *unit)
{
	char text[SPELL_TEXT_MAX];

	fputs("<td class=\"number\">", html->out);
	markup_write(html->out, spell_value(value, unit, text));
	fputs("</td>", html->out);
}

void html_write_class(struct html *html, const char *name)
{
	for (const char *c = name; *c; c++) {
		fputc(*c == ' ' ? '-' : *c, html->out);
	}
}

static int write_dygraph_style(struct html *html)
{
	if (html->dygraphs->style) {
		fputs(html->dygraphs->style, html->out);
	}
	return 0;
}

static int write_style(struct html *html)
{
	fputs(page_css, html->out);
	return 0;
}

static int write_switch(struct html *html)
{
	bool is_zh = html->language == REPORT_LANGUAGE_ZH;

	fprintf(html->out,
		"<input type=\"radio\" class=\"language\" name=\"language\" id=\"zh\" "
		"aria-label=\"中文\"%s>\n"
		"<input type=\"radio\" class=\"language\" name=\"language\" id=\"en\" "
		"aria-label=\"English\"%s>",
		is_zh ? " checked" : "", is_zh ? "" : " checked");
	return 0;
}

static struct report_text verdict_text(const struct report *report)
{
	switch (report_verdict(report)) {
	case REPORT_STATE_PASS:
		return (struct report_text){"PASS: every criterion that applies is met",
			"通过：所有适用的标准均已达到"};
	case REPORT_STATE_FAIL:
		return (struct report_text){
			"FAIL: at least one criterion is not met", "未通过：至少有一项标准未达到"};
	default:
		return (struct report_text){
			"UNDECIDED: no criterion failed, but not all are decided",
			"未定：没有未通过的标准，但部分标准尚无结论"};
	}
}

static struct report_text stage_text(const char *stage)
{
	if (strcmp(stage, "baseline") == 0) {
		return (struct report_text){"baseline", "基准测试"};
	}
	if (strcmp(stage, "simulated") == 0) {
		return (struct report_text){"simulated 4 GB", "4 GB 模拟环境测试"};
	}
	return (struct report_text){"4 GB hardware", "4 GB 实际硬件验证"};
}

static int write_verdict(struct html *html)
{
	const struct report *report = html->report;
	char began[SPELL_TEXT_MAX], ended[SPELL_TEXT_MAX];

	fprintf(html->out, "<div class=\"verdict %s\" id=\"verdict\">",
		report_state_name(report_verdict(report)));
	html_write_text(html, verdict_text(report));
	fputs("<small>", html->out);
	html_write_text(html, (struct report_text){"Stage: ", "测试阶段："});
	html_write_text(html, stage_text(report->stage));
	fprintf(html->out, " · %s – %s · twinlens ", spell_time(report->began, began),
		spell_time(report->ended, ended));
	markup_write(html->out, report->version);
	fputs("</small>", html->out);
	if (report->baseline) {
		fputs("<small>", html->out);
		html_write_text(html, (struct report_text){"Compared with: ", "对比基准："});
		markup_write(html->out, report->baseline);
		fputs("</small>", html->out);
	}
	if (!report->is_complete) {
		fputs("<small><strong>", html->out);
		html_write_text(html, (struct report_text){"Incomplete: the run was interrupted.",
					      "不完整：测试被中断。"});
		fputs("</strong></small>", html->out);
	}
	fputs("</div>", html->out);
	return 0;
}

static struct report_text box_text(enum report_box box)
{
	switch (box) {
	case REPORT_BOX_FOUND:
		return (struct report_text){"☑ found", "☑ 已完成"};
	case REPORT_BOX_NOT_FOUND:
		return (struct report_text){"☐ not found", "☐ 未发现"};
	case REPORT_BOX_SIGNATURE:
		break;
	}
	return (struct report_text){"☐ to be signed", "☐ 需签字确认"};
}

static int write_checklist(struct html *html)
{
	for (size_t i = 0; i < html->report->n_items; i++) {
		const struct report_item *item = &html->report->items[i];
		fputs("<tr><th>", html->out);
		markup_write(html->out, item->id);
		fputs("</th><td class=\"box ", html->out);
		html_write_class(html, report_box_name(item->box));
		fputs("\">", html->out);
		html_write_text(html, box_text(item->box));
		fputs("</td><td>", html->out);
		html_write_text(html, item->name);
		fputs("</td><td class=\"details\">", html->out);
		html_write_note(html, &item->evidence);
		fputs("</td></tr>\n", html->out);
	}
	return 0;
}

static void write_texts(
	struct html *html, struct report_text label, const struct report_text *texts, size_t n)
{
	fputs("<tr><th>", html->out);
	html_write_text(html, label);
	fputs("</th><td><ul>", html->out);
	for (size_t i = 0; i < n; i++) {
		fputs("<li>", html->out);
		html_write_text(html, texts[i]);
		fputs("</li>", html->out);
	}
	fputs("</ul></td></tr>\n", html->out);
}

static void write_simulation(struct html *html, const struct report_simulation *simulation)
{
	static const struct report_text label = {"simulation", "模拟方式"};
	static const struct report_text reproduced = {"reproduced", "已模拟"};
	static const struct report_text missing = {"not reproduced", "未能模拟"};

	fputs("<tr><th>", html->out);
	html_write_text(html, label);
	fputs("</th><td>", html->out);
	html_write_note(html, &simulation->summary);
	fputs("</td></tr>\n", html->out);
	write_texts(html, reproduced, simulation->reproduced, simulation->n_reproduced);
	write_texts(html, missing, simulation->missing, simulation->n_missing);
}

static int write_machine(struct html *html)
{
	for (size_t i = 0; i < html->report->n_facts; i++) {
		const struct report_fact *fact = &html->report->facts[i];
		fputs("<tr><th>", html->out);
		html_write_text(html, fact->label);
		fputs("</th><td>", html->out);
		markup_write(html->out, fact->value);
		fputs("</td></tr>\n", html->out);
	}
	if (html->report->simulation) {
		write_simulation(html, html->report->simulation);
	}
	return 0;
}

static int write_commands(struct html *html)
{
	fputs("<pre>", html->out);
	for (size_t i = 0; i < html->report->n_commands; i++) {
		markup_write(html->out, html->report->commands[i]);
		fputc('\n', html->out);
	}
	fputs("</pre>", html->out);
	return 0;
}

static int write_digests(struct html *html)
{
	for (size_t i = 0; i < html->report->n_digests; i++) {
		const struct report_digest *digest = &html->report->digests[i];
		fputs("<tr><td>", html->out);
		markup_write(html->out, digest->path);
		fputs("</td><td><code>", html->out);
		markup_write(html->out, digest->sha256);
		fputs("</code></td></tr>\n", html->out);
	}
	return 0;
}

static const struct place {
	const char *name;
	int (*write)(struct html *html);
} places[] = {
	{"dygraph-style", write_dygraph_style},
	{"style", write_style},
	{"switch", write_switch},
	{"verdict", write_verdict},
	{"criteria", html_write_criteria},
	{"charts", html_write_charts},
	{"checklist", write_checklist},
	{"machine", write_machine},
	{"commands", write_commands},
	{"digests", write_digests},
	{"for", html_write_for},
	{"against", html_write_against},
	{"open", html_write_open},
	{"scripts", html_write_scripts},
};

/* The page has no other comments. */
static int fill(struct html *html, const char *name, size_t length)
{
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (strlen(places[i].name) == length &&
			strncmp(places[i].name, name, length) == 0) {
			return places[i].write(html);
		}
	}
	return -EINVAL;
}

int report_write_html(const struct report *report, const struct report_dygraphs *dygraphs,
	enum report_language language, FILE *out)
{
	struct html html = {report, dygraphs, language, out};
	const char *rest = page_html, *place;

	while ((place = strstr(rest, PLACE_BEGIN))) {
		const char *name = place + strlen(PLACE_BEGIN);
		const char *end = strstr(name, PLACE_END);
		if (!end) {
			return -EINVAL;
		}
		fwrite(rest, 1, (size_t)(place - rest), out);
		int r = fill(&html, name, (size_t)(end - name));
		if (r < 0) {
			return r;
		}
		rest = end + strlen(PLACE_END);
	}
	fputs(rest, out);
	return ferror(out) ? -EIO : 0;
}
