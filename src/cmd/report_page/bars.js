/* How long pods waited (a histogram whose steps grow), and what held them back (bars that open). */

const AT_ONCE = 1; /* seconds: below it nobody would speak of waiting */

/* [{from, to, count}] of the waits that count, and how many were none. */
function bucketsOf(run) {
    const { bounds, counts } = run.waitingSeconds,
        buckets = [];
    let none = 0;
    counts.forEach((count, i) => {
        const from = i ? bounds[i - 1] : 0,
            to = i < bounds.length ? bounds[i] : Math.max(run.waitingSeconds.max, from * 1.5);
        if (to <= AT_ONCE) none += count;
        else buckets.push({ from: Math.max(from, AT_ONCE), to, count });
    });
    return { buckets, none };
}

const percentileWords = ({ name, waitingSeconds: { p50, p90, p99 } }) =>
    `${name}: p50 ${duration(p50)}, p90 ${duration(p90)}, p99 ${duration(p99)}`;

function drawWaiting() {
    const host = byId("waiting-chart"),
        width = Math.max(320, host.clientWidth),
        height = 190,
        top = 46;
    const all = runs.map((run) => ({ run, ...bucketsOf(run) }));
    const used = all.flatMap(({ buckets }) => buckets.filter((bucket) => bucket.count));
    const low = Math.min(...used.map((bucket) => bucket.from)),
        high = Math.max(...used.map((bucket) => bucket.to));
    const most = Math.max(...used.map((bucket) => bucket.count)),
        plot = width - LEFT - RIGHT;
    const x = (seconds) => LEFT + (Math.log(Math.max(seconds, low) / low) / Math.log(high / low || 2)) * plot;
    const step = Math.max(1, niceStep(most, 4)),
        y = (count) => top + height - (count / (most * 1.05)) * height;
    const root = svg("svg", {
        width,
        height: top + height + 26,
        role: "img",
        "aria-label": `Waiting times: ${runs.map(percentileWords).join("; ")}`,
    });
    for (let count = 0; count <= most * 1.05; count += step)
        root.append(
            svg("line", {
                class: count ? "grid" : "axis",
                x1: LEFT,
                x2: width - RIGHT,
                y1: y(count),
                y2: y(count),
            }),
            svg("text", { x: LEFT - 8, y: y(count) + 4, "text-anchor": "end" }, whole(count)),
        );
    all.forEach(({ run, buckets }, i) => {
        for (const bucket of buckets.filter((each) => each.count)) {
            const left = x(bucket.from),
                each = (x(bucket.to) - left - 2) / all.length;
            root.append(
                svg(
                    "rect",
                    {
                        class: comparing ? run.style : "bar",
                        x: left + 1 + i * each,
                        width: Math.max(1, each),
                        y: y(bucket.count),
                        height: Math.max(1, top + height - y(bucket.count)),
                    },
                    svg(
                        "title",
                        {},
                        `${duration(bucket.from)} to ${duration(bucket.to)}: ${plural(bucket.count, "pod")}`,
                    ),
                ),
            );
        }
    });
    let lastLabel = -Infinity;
    for (const seconds of [
        1,
        5,
        15,
        60,
        300,
        900,
        3600,
        3 * 3600,
        12 * 3600,
        DAY,
        3 * DAY,
        10 * DAY,
        30 * DAY,
        100 * DAY,
    ])
        if (seconds >= low && seconds <= high && x(seconds) - lastLabel > 58) {
            lastLabel = x(seconds);
            root.append(
                svg(
                    "text",
                    { x: lastLabel, y: top + height + 18, "text-anchor": "middle" },
                    duration(seconds),
                ),
            );
        }
    if (!comparing) drawMarks(root, runs[0].waitingSeconds, x, low, top, height, width);
    host.replaceChildren(root);
}

/* p50, p90 and p99 where they lie; those who did not wait have no place on a logarithmic axis. */
function drawMarks(root, waiting, x, low, top, height, width) {
    let row = 0;
    for (const name of ["p99", "p90", "p50"]) {
        const seconds = waiting[name];
        if (seconds < low || seconds <= AT_ONCE) continue;
        const right = x(seconds) > width - 130;
        root.append(
            svg("line", {
                class: "mark",
                x1: x(seconds),
                x2: x(seconds),
                y1: 10 + row * 14,
                y2: top + height,
            }),
            svg(
                "text",
                {
                    class: "name",
                    x: x(seconds) + (right ? -6 : 6),
                    y: 16 + row * 14,
                    "text-anchor": right ? "end" : "start",
                },
                `${name} ${duration(seconds)}`,
            ),
        );
        row++;
    }
}

function startWaiting() {
    if (!timed) return;
    const some = runs.some((run) => bucketsOf(run).buckets.some((bucket) => bucket.count));
    byId("waiting").hidden = false;
    byId("waiting-hint").textContent = runs
        .map((run) => {
            const { none } = bucketsOf(run),
                placed = run.waitingSeconds.counts.reduce((sum, count) => sum + count, 0),
                { p50, p90, p99 } = run.waitingSeconds;
            const zero = [
                ["p50", p50],
                ["p90", p90],
                ["p99", p99],
            ]
                .filter(([, seconds]) => seconds <= AT_ONCE)
                .map(([name]) => name);
            const who = `${comparing ? `${run.name}: ` : ""}${whole(none)} of ${plural(placed, "placed pod")}`;
            return `${who} (${percent(none / placed)}) waited less than a second${
                some && none < placed ? `; below are the other ${whole(placed - none)}` : ""
            }.${zero.length && some ? ` So ${listed(zero)} ${zero.length > 1 ? "are" : "is"} zero.` : ""}`;
        })
        .join(" ");
    if (!some) return;
    if (comparing) runLegend(byId("waiting-legend"));
    view.listeners.push(drawWaiting);
}

/* The same group of every run: by what it is called. */
function mergedGroups() {
    const merged = new Map();
    for (const run of runs)
        for (const group of run.groups) {
            if (!group.weight && !group.pods) continue;
            if (!merged.has(group.key))
                merged.set(
                    group.key,
                    runs.map(() => null),
                );
            merged.get(group.key)[run.index] = group;
        }
    const weight = (groups) => Math.max(...groups.map((group) => (group ? group.weight : 0)));
    return [...merged.values()].sort((a, b) => weight(b) - weight(a));
}

function reasonMore(groups) {
    const group = groups.find(Boolean),
        reason = group.reasons[0],
        parts = [];
    if (group.others.size)
        parts.push(
            el(
                "p",
                {},
                `On fewer nodes, or where nothing could change: ${listed([...group.others].sort())}.`,
            ),
        );
    parts.push(
        el("p", {}, reason.outcome === "pending" ? "As the FailedScheduling event says it:" : "In full:"),
        el("blockquote", {}, el("code", {}, reason.text)),
    );
    const variants = group.reasons.reduce((sum, each) => sum + (each.variants || 1), 0);
    if (variants > 1)
        parts.push(
            el("p", {}, `and ${plural(variants - 1, "variant")} of it, mostly with other numbers of nodes.`),
        );
    if (reason.example)
        parts.push(
            el(
                "p",
                {},
                "For example ",
                el(
                    "button",
                    { type: "button", class: "link", onclick: () => searchPods(reason.example) },
                    reason.example,
                ),
                ".",
            ),
        );
    return parts;
}

function reasonRow(groups, most) {
    const group = groups.find(Boolean),
        total = runs.map((run) => run.groups.reduce((sum, each) => sum + each.weight, 0));
    const text = (each) => (timed && each.podSeconds ? podTime(each.podSeconds) : plural(each.pods, "pod"));
    const amounts = groups.map((each, i) =>
        each ? `${text(each)} (${percent(each.weight / total[i])})` : "–",
    );
    const when =
        timed && Number.isFinite(group.first)
            ? `${moment(group.first, span)} – ${moment(group.last, span)}`
            : plural(group.pods, "pod");
    return el(
        "details",
        { class: "reason" },
        el(
            "summary",
            {},
            el("span", { class: "label" }, group.label),
            el(
                "span",
                { class: "track", "aria-hidden": "true" },
                ...groups.map((each, i) =>
                    el("i", {
                        class: comparing ? runs[i].style : null,
                        style: `width:${each ? (100 * each.weight) / most : 0}%`,
                    }),
                ),
            ),
            el(
                "span",
                { class: "amount" },
                ...(comparing ? amounts.map((words) => el("div", {}, words)) : [amounts[0]]),
                comparing ? null : el("small", {}, when),
            ),
        ),
        el("div", { class: "more" }, ...reasonMore(groups)),
    );
}

function startReasons() {
    const merged = mergedGroups(),
        MANY = 12;
    if (!merged.length) return;
    byId("reasons").hidden = false;
    if (comparing) runLegend(byId("reasons-legend"));
    byId("reasons-hint").textContent = timed
        ? "By the time that pods waited for it, added up over all pods. Open one for the message and an example."
        : "By the number of pods. Open one for the message and an example.";
    const most = Math.max(
            1e-9,
            ...merged
                .flat()
                .filter(Boolean)
                .map((group) => group.weight),
        ),
        host = byId("reasons-body");
    const add = (list) => host.append(...list.map((groups) => reasonRow(groups, most)));
    add(merged.slice(0, MANY));
    if (merged.length <= MANY) return;
    const more = el(
        "button",
        {
            type: "button",
            style: "margin-top:12px",
            onclick: () => {
                more.remove();
                add(merged.slice(MANY));
            },
        },
        `Show ${merged.length - MANY} more`,
    );
    host.append(more);
}
