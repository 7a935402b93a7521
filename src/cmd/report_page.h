/*
 * --report: one HTML file that holds what it shows and loads nothing. src/cmd/report_page/ is the page
 * itself; here its data are put into it.
 */
#ifndef CMD_REPORT_PAGE_H
#define CMD_REPORT_PAGE_H

#include "cmd/report.h"
#include "cmd/scenario.h"

struct page_run {
    const char *name;
    const struct report *report;
};

struct page {
    const char *command; /* "simulate" */
    const char *title;
    const char *const *notes; /* short facts below the title */
    size_t notes_len;
    const struct page_run *runs;
    size_t runs_len;
    berth_str pairs; /* a JSON array of what moved between runs; empty: none */
};

/*
 * The data of the page as a JSON object: {"command", "title", "notes", "version", "runs": [{"name",
 * "fragmentation", "simulation"}], "pairs"}. A simulation is what simulation_json() writes, or, if brief,
 * simulation_json_brief(); then nodes show fewer parts of the time the more of them there are.
 */
void page_json(struct buf *b, const struct page *page, bool brief);

/* What a configuration is called: the file's name without its folder; NULL: "default". */
const char *page_config_name(const char *path);

/*
 * Writes the scenario's report about these runs: its files are the title. An error says which file and why.
 */
int page_write_scenario(const char *command, const struct scenario *scenario, const struct page_run *runs,
                        size_t runs_len, berth_str pairs, struct err *err);

#endif
