/* Runs side by side: the numbers, and what moved from one to the next. */

/* Rows of the summary: a name, the value of a run, how it is written, and whether less (-1) or more (1) is better. */
function summaryRows() {
    const rows = [
        ["placed", (run) => run.placed, whole, 1],
        ["pending", (run) => run.pods.pending, whole, -1],
        ...["gated", "preempted", "others"]
            .filter((key) => runs.some((run) => run.pods[key]))
            .map((key) => [
                key === "others" ? "left to another scheduler" : key,
                (run) => run.pods[key],
                whole,
                -1,
            ]),
    ];
    if (timed)
        rows.push(
            ["waiting, mean", (run) => run.waitingSeconds.mean, duration, -1],
            ...["p50", "p90", "p99"].map((name) => [
                `waiting, ${name}`,
                (run) => run.waitingSeconds[name],
                duration,
                -1,
            ]),
            ["longest wait", (run) => run.waitingSeconds.max, duration, -1],
            ["most waiting at once", (run) => run.peak.count, whole, -1],
        );
    for (const resource of resources) {
        const use = (key) => (run) => (run.utilisation[resource] ? run.utilisation[resource][key] : 0);
        if (timed)
            rows.push(
                [`${resource} used, mean`, use("mean"), percent, 0],
                [`${resource} used, peak`, use("peak"), percent, 0],
            );
        else rows.push([`${resource} used`, use("mean"), percent, 0]);
        if (!timed && runs.every((run) => run.fragmentation[resource] !== undefined))
            rows.push([`${resource} fragmented`, (run) => run.fragmentation[resource], percent, -1]);
    }
    rows.push(["preemptions", (run) => run.preemptions, whole, -1]);
    if (runs.some((run) => run.requeues))
        rows.push(["attempts beyond the first", (run) => run.requeues, whole, -1]);
    return rows;
}

/* The difference to the first run: by words, not only by colour. */
function delta(value, first, show, better) {
    if (!Number.isFinite(value - first) || show(value) === show(first)) return null;
    const more = value > first,
        style = better ? ((more ? 1 : -1) === better ? "better" : "worse") : "";
    const size =
        show === percent
            ? `${short(Math.round(1000 * Math.abs(value - first)) / 10)} points`
            : show(Math.abs(value - first));
    return el("span", { class: `delta ${style}` }, `${more ? "+" : "−"}${size}${style ? `, ${style}` : ""}`);
}

function startSummary() {
    byId("summary").hidden = false;
    byId("summary-table").append(
        el(
            "table",
            { class: "data summary" },
            el("caption", { class: "unseen" }, "Key figures of each run, with the differences to the first"),
            el(
                "thead",
                {},
                el(
                    "tr",
                    {},
                    el("td", {}),
                    ...runs.map((run) => el("th", { scope: "col", class: "number" }, run.name)),
                ),
            ),
            el(
                "tbody",
                {},
                ...summaryRows().map(([name, get, show, better]) =>
                    el(
                        "tr",
                        {},
                        el("th", { scope: "row" }, name),
                        ...runs.map((run, i) =>
                            el(
                                "td",
                                { class: "number" },
                                show(get(run)),
                                i ? delta(get(run), get(runs[0]), show, better) : null,
                            ),
                        ),
                    ),
                ),
            ),
        ),
    );
}

/* The most frequent causes, one a line. */
function causeLines(causes) {
    const TOLD = 3;
    const lines = causes
        .slice(0, TOLD)
        .map((cause) => el("div", {}, causes.length > 1 ? `${whole(cause.pods)}: ` : "", cause.text));
    return causes.length > TOLD
        ? [...lines, el("div", { class: "hint" }, `and ${causes.length - TOLD} more`)]
        : lines;
}

function movedTable(pair) {
    return el(
        "table",
        { class: "data" },
        el(
            "thead",
            {},
            el(
                "tr",
                {},
                ...["Workload", "Pods", "What changed", "Why"].map((title, i) =>
                    el("th", { scope: "col", class: i === 1 ? "number" : null }, title),
                ),
            ),
        ),
        el(
            "tbody",
            {},
            ...pair.moved.map((row) =>
                el(
                    "tr",
                    {},
                    el(
                        "td",
                        { class: "name" },
                        el(
                            "button",
                            { type: "button", class: "link", onclick: () => searchPods(row.example) },
                            row.workload,
                        ),
                    ),
                    el("td", { class: "number" }, whole(row.pods)),
                    el("td", {}, row.change),
                    el("td", {}, ...causeLines(row.causes)),
                ),
            ),
        ),
    );
}

const causeWords = (cause) => `${cause.text} (${plural(cause.pods, "pod")})`;

function startComparison() {
    byId("headline").hidden = true;
    startSummary();
    byId("moved").hidden = false;
    for (const pair of report.pairs || []) {
        const why = pair.causes ? ` The causes: ${listed(pair.causes.slice(0, 3).map(causeWords))}.` : "";
        const words = pair.movedPods
            ? `${plural(pair.movedPods, "pod")} of ${whole(runs[0].pods.total)} ended elsewhere` +
              ` under ${pair.to} than under ${pair.from}.`
            : `Every pod ended alike under ${pair.from} and ${pair.to}.`;
        byId("moved-body").append(
            el("p", { class: "hint" }, words, why),
            ...(pair.moved.length ? [el("div", { class: "scroll" }, movedTable(pair))] : []),
        );
    }
}
