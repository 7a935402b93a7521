/* Tables that one can sort and leaf through; the one of the pods can be searched, too. */

/*
 * options: columns [{key, title, get, show, number, style}], rows, sort [key, 1 or -1], size of a page, text(row) to search
 * in, onChange(from, to, found). Returns {filter(fn), pager}.
 */
function pagedTable(host, options) {
    const { columns, rows, size } = options;
    let [sortKey, direction] = options.sort,
        page = 0,
        found = rows,
        keep = null;
    const body = el("tbody", {}),
        head = el("tr", {});
    const table = el(
        "table",
        { class: "data" },
        el("caption", { class: "unseen" }, options.caption),
        el("thead", {}, head),
        body,
    );
    const pager = options.pager || el("div", { class: "controls pager" });
    const order = () => {
        const { get } = columns.find((column) => column.key === sortKey);
        const rank = (value) => (given(value) ? value : -Infinity);
        found = (keep ? rows.filter(keep) : rows.slice()).sort((a, b) => {
            const left = rank(get(a)),
                right = rank(get(b));
            return left < right ? -direction : left > right ? direction : 0;
        });
        page = 0;
    };
    const draw = () => {
        const last = Math.max(0, Math.ceil(found.length / size) - 1);
        page = Math.min(page, last);
        const from = page * size,
            part = found.slice(from, from + size);
        body.replaceChildren(
            ...part.map((row) =>
                el(
                    "tr",
                    {},
                    ...columns.map((column) =>
                        el(
                            "td",
                            {
                                class:
                                    `${column.number ? "number" : ""} ${column.style || ""}`.trim() || null,
                            },
                            column.show(row),
                        ),
                    ),
                ),
            ),
        );
        for (const cell of head.children) {
            if (cell.dataset.key === sortKey)
                cell.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
            else cell.removeAttribute("aria-sort");
        }
        const go = (to, text, name) =>
            el(
                "button",
                {
                    type: "button",
                    "aria-label": name,
                    disabled: to < 0 || to > last || to === page,
                    onclick: () => {
                        page = to;
                        draw();
                    },
                },
                text,
            );
        pager.replaceChildren(
            ...(last
                ? [
                      go(0, "«", "First page"),
                      go(page - 1, "‹ Previous", "Previous page"),
                      el(
                          "span",
                          { class: "hint", style: "margin:0 6px" },
                          `Page ${whole(page + 1)} of ${whole(last + 1)}`,
                      ),
                      go(page + 1, "Next ›", "Next page"),
                      go(last, "»", "Last page"),
                  ]
                : []),
        );
        if (options.onChange) options.onChange(from, from + part.length, found.length);
    };
    for (const column of columns)
        head.append(
            el(
                "th",
                { scope: "col", class: column.number ? "number" : null, "data-key": column.key },
                el(
                    "button",
                    {
                        type: "button",
                        onclick: () => {
                            if (sortKey === column.key) direction = -direction;
                            else [sortKey, direction] = [column.key, column.number ? -1 : 1];
                            order();
                            draw();
                        },
                    },
                    column.title,
                ),
            ),
        );
    host.append(el("div", { class: "scroll" }, table));
    if (!options.pager) host.append(pager);
    order();
    draw();
    return {
        filter(fn) {
            keep = fn;
            order();
            draw();
        },
    };
}

/* How long a pod waited, still waiting ones included. */
const waitOf = (pod) =>
    !given(pod.waited) ? (pod.outcome === "pending" && timed ? span - pod.arrived : null) : pod.waited;
const waitText = (pod) =>
    waitOf(pod) === null
        ? "–"
        : !given(pod.waited)
          ? `${duration(waitOf(pod))}, still`
          : pod.waited
            ? duration(pod.waited)
            : "–";
const waitCell = (pod) => el("span", { class: waitOf(pod) ? "waits" : null }, waitText(pod));

function podColumns() {
    const at = (key, title, get) => ({
        key,
        title,
        get,
        number: true,
        show: (pod) => (given(get(pod)) ? moment(get(pod), span) : "–"),
    });
    const plain = (key, title, get, style) => ({ key, title, get, show: (pod) => get(pod) || "–", style });
    return [
        plain("name", "Pod", (pod) => pod.name, "name"),
        plain("outcome", "Outcome", (pod) => pod.outcome),
        plain("node", "Node", (pod) => pod.node, "name"),
        ...(timed
            ? [
                  at("arrived", "Arrived", (pod) => pod.arrived),
                  { key: "waited", title: "Waited", get: waitOf, number: true, show: waitCell },
                  at("left", "Left", (pod) => pod.left),
                  {
                      key: "attempts",
                      title: "Attempts",
                      get: (pod) => pod.attempts,
                      number: true,
                      show: (pod) => whole(pod.attempts || 0),
                  },
              ]
            : []),
        plain("reason", "Held back by", (pod) => (pod.reason ? pod.reason.group.label : ""), "long"),
    ];
}

/* One row a pod, the runs side by side. */
function mergedPods() {
    const rows = new Map();
    for (const run of runs)
        for (const pod of run.history) {
            if (!rows.has(pod.name)) rows.set(pod.name, { name: pod.name, at: runs.map(() => null) });
            rows.get(pod.name).at[run.index] = pod;
        }
    for (const row of rows.values()) {
        const [first, ...others] = row.at;
        row.differs = others.some(
            (pod) =>
                !pod ||
                !first ||
                pod.node !== first.node ||
                pod.outcome !== first.outcome ||
                pod.waited !== first.waited,
        );
        row.outcome = row.at.map((pod) => pod && pod.outcome).join(" ");
        row.node = row.at.map((pod) => pod && pod.node).join(" ");
    }
    return [...rows.values()];
}

function mergedColumns() {
    const where = (pod) => (pod ? pod.node || pod.outcome : "–");
    return [
        { key: "name", title: "Pod", get: (row) => row.name, show: (row) => row.name, style: "name" },
        ...runs.flatMap((run, i) => [
            {
                key: `node-${i}`,
                title: run.name,
                get: (row) => where(row.at[i]),
                show: (row) => where(row.at[i]),
                style: "name",
            },
            ...(timed
                ? [
                      {
                          key: `waited-${i}`,
                          title: "waited",
                          get: (row) => (row.at[i] ? waitOf(row.at[i]) : null),
                          number: true,
                          show: (row) => (row.at[i] ? waitCell(row.at[i]) : "–"),
                      },
                  ]
                : []),
        ]),
    ];
}

let searchPods = () => {};

function startPods() {
    const rows = comparing ? mergedPods() : runs[0].history,
        columns = comparing ? mergedColumns() : podColumns();
    if (!rows.length) return;
    byId("pods").hidden = false;
    const search = el("input", {
        type: "search",
        id: "pods-search",
        placeholder: "Search pods, nodes, reasons",
        "aria-label": "Search the table",
    });
    const outcomes = [...new Set(runs.flatMap((run) => run.history.map((pod) => pod.outcome)))];
    const filter = el(
        "select",
        { "aria-label": "Which pods", id: "pods-filter" },
        el("option", { value: "" }, "All pods"),
        timed ? el("option", { value: "waited" }, "that waited") : null,
        comparing ? el("option", { value: "differs" }, "that differ") : null,
        ...(outcomes.length > 1
            ? outcomes.map((outcome) => el("option", { value: `= ${outcome}` }, outcome))
            : []),
    );
    byId("pods-controls").append(search, filter);
    const ofRow = (row) => (comparing ? row.at.filter(Boolean) : [row]);
    const text = (row) =>
        (row.text ??= `${row.name} ${row.outcome} ${row.node} ${ofRow(row)
            .map((pod) => (pod.reason ? pod.reason.text : ""))
            .join(" ")}`.toLowerCase());
    const firstKey = comparing ? (timed ? "waited-0" : "name") : timed ? "waited" : "outcome";
    const table = pagedTable(byId("pods-table"), {
        caption: "Pods",
        columns,
        rows,
        size: 25,
        sort: [firstKey, timed ? -1 : 1],
        pager: byId("pods-pager"),
        onChange: (from, to, found) => {
            byId("pods-status").textContent = found
                ? `${whole(from + 1)}–${whole(to)} of ${plural(found, "pod")}` +
                  (found < rows.length ? `, ${whole(rows.length)} in all` : "")
                : "No pod matches.";
        },
    });
    const apply = () => {
        const words = search.value.toLowerCase().split(/\s+/).filter(Boolean),
            which = filter.value;
        const passes = (row) =>
            !which ||
            (which === "differs"
                ? row.differs
                : ofRow(row).some((pod) =>
                      which === "waited" ? waitOf(pod) > 0 : pod.outcome === which.slice(2),
                  ));
        table.filter(
            words.length || which
                ? (row) => passes(row) && words.every((word) => text(row).includes(word))
                : null,
        );
    };
    search.addEventListener("input", apply);
    filter.addEventListener("change", apply);
    if (rows.some((row) => row.differs)) {
        filter.value = "differs";
        apply();
    }
    searchPods = (words) => {
        search.value = words;
        filter.value = "";
        apply();
        byId("pods").scrollIntoView();
        search.focus({ preventScroll: true });
    };
}
