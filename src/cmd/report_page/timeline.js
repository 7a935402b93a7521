/*
 * What changes over time, one panel below the other on one axis: each resource with its allocatable amount as the
 * dashed line, then how many pods run, then how many wait. All are drawn as steps, as they were.
 */

const LEFT = 76,
    RIGHT = 14;

/* The index of the last sample at or before `at`; -1: before the first. */
function indexAt(seconds, at) {
    let low = 0,
        high = seconds.length;
    while (low < high) {
        const middle = (low + high) >> 1;
        if (seconds[middle] <= at) low = middle + 1;
        else high = middle;
    }
    return low - 1;
}

function panelsOf() {
    const list = resources.map((resource) => ({
        name: resource,
        height: 84,
        kind: "used",
        values: (run) => run.series.used[resource] || [],
        limits: (run) => run.series.allocatable[resource] || [],
        show: (value, like) => amount(resource, value, like),
        note: (run) =>
            run.utilisation[resource] &&
            `mean ${percent(run.utilisation[resource].mean)}, peak ${percent(run.utilisation[resource].peak)}`,
    }));
    list.push({
        name: "running pods",
        height: 64,
        kind: "used",
        values: (run) => run.series.running,
        show: whole,
        note: (run) => `peak ${whole(run.peaks.running.value)}`,
    });
    list.push({
        name: "waiting pods",
        height: 112,
        kind: "wait",
        seconds: (run) => run.waiting.map((step) => step.at),
        values: (run) => run.waiting.map((step) => step.count),
        show: whole,
        note: (run) => `peak ${whole(run.peak.count)}`,
    });
    return list;
}

const secondsOf = (panel, run) => (panel.seconds ? panel.seconds(run) : run.series.seconds);

function stepPath(seconds, values, end, x, y) {
    let path = "";
    values.forEach((value, i) => {
        path += i
            ? `H${x(seconds[i]).toFixed(1)}V${y(value).toFixed(1)}`
            : `M${x(seconds[0]).toFixed(1)} ${y(value).toFixed(1)}`;
    });
    return values.length ? `${path}H${x(end).toFixed(1)}` : "";
}

function drawPanel(root, panel, top, width, x, ticks) {
    const { height } = panel;
    const greatest = (values) =>
        runs.reduce((most, run) => values(run).reduce((a, b) => Math.max(a, b), most), 0);
    const limit = panel.limits ? greatest(panel.limits) : 0,
        used = greatest(panel.values);
    const beyond = used > 0 && used < limit / 5; /* else the line would lie on the floor */
    const most = (beyond ? used * 1.2 : Math.max(limit, used)) || 1;
    const unit = isBytes(panel.name) ? 1024 ** Math.floor(Math.log(most) / Math.log(1024)) : 1;
    const step = Math.max(niceStep(most / unit, 4), panel.limits ? 0 : 1) * unit,
        highest = Math.max(most * 1.04, step);
    const y = (value) => top + height - (value / highest) * height;
    for (let value = 0; value <= highest; value += step) {
        root.append(
            svg("line", {
                class: value ? "grid" : "axis",
                x1: LEFT,
                x2: width - RIGHT,
                y1: y(value),
                y2: y(value),
            }),
            svg("text", { x: LEFT - 8, y: y(value) + 4, "text-anchor": "end" }, panel.show(value, most)),
        );
    }
    for (const tick of ticks)
        root.append(
            svg("line", { class: "grid", x1: x(tick.at), x2: x(tick.at), y1: top, y2: top + height }),
        );
    const clip = svg("g", { "clip-path": "url(#plot)" });
    for (const run of runs) {
        const seconds = secondsOf(panel, run),
            line = stepPath(seconds, panel.values(run), run.seconds, x, y);
        if (!comparing && panel.kind === "wait" && run.episodes.length)
            for (const episode of run.episodes.slice(0, 3))
                clip.append(
                    svg("rect", {
                        class: "band",
                        x: x(episode.from),
                        y: top,
                        height,
                        width: Math.max(1, x(episode.to) - x(episode.from)),
                    }),
                );
        if (panel.limits && run.index === 0 && !beyond)
            clip.append(
                svg("path", {
                    class: "limit",
                    d: stepPath(run.series.seconds, panel.limits(run), run.seconds, x, y),
                }),
            );
        if (!line) continue;
        if (!comparing)
            clip.append(svg("path", { class: `area ${panel.kind}`, d: `${line}V${y(0)}H${x(seconds[0])}Z` }));
        clip.append(svg("path", { class: `line ${comparing ? run.style : panel.kind}`, d: line }));
    }
    const far = beyond ? `${panel.show(limit)} allocatable, far above` : "";
    const note = comparing ? far : [panel.note(runs[0]), far].filter(Boolean).join("; ");
    root.append(
        clip,
        svg(
            "text",
            { class: "name", x: LEFT, y: top - 8 },
            `${panel.name}${unitOf(panel.name) ? ", cores" : ""}`,
        ),
        svg("text", { x: width - RIGHT, y: top - 8, "text-anchor": "end" }, note || ""),
    );
}

/* What the tooltip says of one moment: a row for each panel, a column for each run. */
function valuesAt(at) {
    const head = comparing ? [["", ...runs.map((run) => run.name)]] : [];
    return head.concat(
        panelsOf().map((panel) => [
            panel.name,
            ...runs.map((run) => {
                const i = Math.max(0, indexAt(secondsOf(panel, run), at)),
                    value = panel.values(run)[i];
                if (value === undefined) return "–";
                if (!panel.limits) return whole(value);
                const limit = panel.limits(run)[i];
                return `${amount(panel.name, value)} of ${amount(panel.name, limit)} (${percent(value / limit)})`;
            }),
        ]),
        [
            [
                "nodes",
                ...runs.map((run) =>
                    whole(run.series.nodes[Math.max(0, indexAt(run.series.seconds, at))] ?? 0),
                ),
            ],
        ],
    );
}

function showTooltip(title, rows, pageX, pageY) {
    const tip = byId("tooltip");
    tip.replaceChildren(
        el("div", { class: "when" }, title),
        el(
            "table",
            {},
            ...rows.map((row, i) =>
                el(
                    "tr",
                    {},
                    ...row.map((cell) => el(comparing && i === 0 && row[0] === "" ? "th" : "td", {}, cell)),
                ),
            ),
        ),
    );
    tip.hidden = false;
    const { width, height } = tip.getBoundingClientRect(),
        edge = window.scrollX + document.documentElement.clientWidth;
    tip.style.left = `${Math.max(4, pageX + 18 + width > edge ? pageX - width - 18 : pageX + 18)}px`;
    const lowest = window.scrollY + window.innerHeight - height - 8;
    tip.style.top = `${Math.max(window.scrollY + 4, Math.min(pageY - height / 2, lowest))}px`;
}

const hideTooltip = () => {
    byId("tooltip").hidden = true;
};

/* Pointer and keys on a chart with the shared time axis. */
function attachPointer(root, x, invert, top, height, width) {
    const cross = svg("line", { class: "cross", y1: top, y2: top + height, visibility: "hidden" });
    const brush = svg("rect", { class: "brush", y: top, height, visibility: "hidden" });
    root.append(brush, cross);
    let at = null,
        dragFrom = null;
    const within = (value) => Math.min(view.domain[1], Math.max(view.domain[0], value));
    const point = (value, pageX, pageY) => {
        at = within(value);
        cross.setAttribute("x1", x(at));
        cross.setAttribute("x2", x(at));
        cross.setAttribute("visibility", "visible");
        const rows = valuesAt(at),
            box = root.getBoundingClientRect();
        root.setAttribute("aria-valuenow", Math.round(at));
        root.setAttribute(
            "aria-valuetext",
            `${moment(at, span)}: ${rows.map((row) => row.join(" ")).join("; ")}`,
        );
        showTooltip(
            moment(at, span),
            rows,
            pageX ?? window.scrollX + box.left + x(at),
            pageY ?? window.scrollY + box.top + height / 2,
        );
    };
    const leave = () => {
        cross.setAttribute("visibility", "hidden");
        brush.setAttribute("visibility", "hidden");
        dragFrom = null;
        hideTooltip();
    };
    const offset = (event) => event.clientX - root.getBoundingClientRect().left;
    root.addEventListener("pointermove", (event) => {
        point(invert(offset(event)), event.pageX, event.pageY);
        if (dragFrom === null) return;
        const from = x(dragFrom),
            to = x(at);
        brush.setAttribute("x", Math.min(from, to));
        brush.setAttribute("width", Math.abs(to - from));
        brush.setAttribute("visibility", "visible");
    });
    root.addEventListener("pointerdown", (event) => {
        if (event.button === 0 && event.pointerType !== "touch") dragFrom = within(invert(offset(event)));
    });
    root.addEventListener("pointerup", (event) => {
        const from = dragFrom,
            to = within(invert(offset(event)));
        dragFrom = null;
        if (from !== null && Math.abs(x(to) - x(from)) > 8) view.show(Math.min(from, to), Math.max(from, to));
    });
    root.addEventListener("pointerleave", leave);
    root.addEventListener("blur", leave);
    root.addEventListener("keydown", (event) => {
        const [from, to] = view.domain,
            step = (to - from) / (event.shiftKey ? 20 : 200);
        const now = at ?? from;
        const moves = { ArrowLeft: now - step, ArrowRight: now + step, Home: from, End: to };
        if (event.key in moves) point(moves[event.key]);
        else if (event.key === "Enter") view.show(Math.max(0, now - (to - from) / 8), now + (to - from) / 8);
        else if (event.key === "Escape") view.show(0, span);
        else return;
        event.preventDefault();
        if (event.key === "Enter" || event.key === "Escape") byId("time-chart").querySelector("svg").focus();
    });
    root.setAttribute("width", width);
}

function runLegend(host) {
    host.replaceChildren(
        ...runs.map((run) =>
            el(
                "span",
                {},
                svg(
                    "svg",
                    { width: 30, height: 10, "aria-hidden": "true" },
                    svg("line", { class: `line ${run.style}`, x1: 0, x2: 30, y1: 5, y2: 5 }),
                ),
                run.name,
            ),
        ),
    );
}

/* Below the marks, the last one within the picture. */
const timeLabels = (ticks, x, width, y) =>
    ticks.map(({ at, label }) => {
        const last = x(at) > width - 30;
        return svg("text", { x: last ? width - 2 : x(at), y, "text-anchor": last ? "end" : "middle" }, label);
    });

function drawTimeline() {
    const host = byId("time-chart"),
        width = Math.max(320, host.clientWidth),
        panels = panelsOf();
    const [from, to] = view.domain,
        plot = width - LEFT - RIGHT;
    const x = (at) => LEFT + ((at - from) / (to - from)) * plot,
        invert = (px) => from + ((px - LEFT) / plot) * (to - from);
    const ticks = timeTicks(view.domain, Math.max(3, Math.floor(plot / 90)));
    const gap = 34,
        total = panels.reduce((sum, panel) => sum + panel.height + gap, 0);
    const root = svg("svg", {
        height: total + 26,
        tabindex: 0,
        role: "slider",
        "aria-label": "Utilisation and waiting pods over time",
        "aria-valuemin": Math.round(from),
        "aria-valuemax": Math.round(to),
        "aria-valuenow": Math.round(from),
        "aria-valuetext": moment(from, span),
    });
    root.append(svg("clipPath", { id: "plot" }, svg("rect", { x: LEFT, y: 0, width: plot, height: total })));
    let top = gap - 8;
    for (const panel of panels) {
        drawPanel(root, panel, top, width, x, ticks);
        top += panel.height + gap;
    }
    const bottom = top - gap;
    root.append(...timeLabels(ticks, x, width, bottom + 18));
    attachPointer(root, x, invert, gap - 8, bottom - gap + 8, width);
    host.replaceChildren(root);
    const zoomed = from > 0 || to < span;
    byId("time-whole").disabled = !zoomed;
}

function startTimeline() {
    byId("time").hidden = false;
    const worst = runs
        .map((run) => run.episodes[0])
        .filter(Boolean)
        .sort((a, b) => b.podSeconds - a.podSeconds)[0];
    const margin = worst ? Math.max((worst.to - worst.from) * 0.15, span / 200) : 0;
    byId("time-controls").append(
        ...(worst
            ? [
                  el(
                      "button",
                      { type: "button", onclick: () => view.show(worst.from - margin, worst.to + margin) },
                      "Zoom to the waiting",
                  ),
              ]
            : []),
        el("button", { type: "button", id: "time-whole", onclick: () => view.show(0, span) }, "Whole time"),
    );
    if (comparing) runLegend(byId("time-legend"));
    else
        byId("time-legend").append(
            el(
                "span",
                {},
                svg(
                    "svg",
                    { width: 30, height: 10, "aria-hidden": "true" },
                    svg("line", { class: "limit", x1: 0, x2: 30, y1: 5, y2: 5 }),
                ),
                "allocatable",
            ),
        );
    view.listeners.push(drawTimeline);
}
