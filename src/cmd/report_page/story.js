/* The key figures, and in plain words when and why pods waited. */

function figure(name, value, note, style) {
    return el(
        "div",
        { class: "figure" },
        el("div", { class: "name" }, name),
        el("div", { class: `value ${style || ""}` }, value),
        el("div", { class: "note" }, note),
    );
}

/* The resource that was used most, by the peak. */
const busiest = (run, among) =>
    among.slice().sort((a, b) => run.utilisation[b].peak - run.utilisation[a].peak)[0];

const UNPLACED = [
    ["pending", "pending"],
    ["gated", "held by a gate"],
    ["preempted", "preempted"],
    ["evicted", "evicted"],
    ["others", "left to another scheduler"],
];
const notPlaced = (run) => UNPLACED.reduce((sum, [key]) => sum + (run.pods[key] || 0), 0);

function notPlacedNote(run) {
    const parts = UNPLACED.filter(([key]) => run.pods[key]).map(
        ([key, words]) => `${whole(run.pods[key])} ${words}`,
    );
    return parts.length ? parts.join(", ") : "every pod found a node";
}

function headline(run) {
    const total = run.toPlace,
        host = byId("headline");
    const add = (...args) => host.append(figure(...args));
    add(
        "Placed",
        whole(run.placed),
        total ? `${percent(run.placed / total)} of ${plural(total, "pod")}` : "no pod to place",
    );
    add(
        run.timed ? "Not placed at the end" : "Not placed",
        whole(notPlaced(run)),
        notPlacedNote(run),
        notPlaced(run) ? "wait" : "",
    );
    if (run.timed) {
        const wait = run.waitingSeconds;
        add(
            "Waiting time, p90",
            wait.p90 ? rough(wait.p90) : "none",
            `p50 ${wait.p50 ? duration(wait.p50) : "none"}, p99 ${
                wait.p99 ? duration(wait.p99) : "none"
            }, longest ${duration(wait.max)}`,
            wait.p90 ? "wait" : "",
        );
        add(
            "Most waiting at once",
            whole(run.peak.count),
            run.peak.count ? moment(run.peak.at, span) : "nobody waited",
            run.peak.count ? "wait" : "",
        );
    }
    add(
        "Preemptions",
        whole(run.preemptions),
        run.preemptions ? "pods removed to make room" : "no pod had to make room",
    );
    const top = busiest(run, run.resources);
    if (top && run.timed)
        add(
            `Used of ${top}`,
            percent(run.utilisation[top].mean),
            `on average; at most ${percent(run.utilisation[top].peak)}, ${moment(run.utilisation[top].peakAt, span)}`,
        );
    else if (top) add(`Used of ${top}`, percent(run.utilisation[top].mean), "the resource that is used most");
    host.dataset.figures = host.children.length;
}

/* Shares of the reasons in words: "81 % of it for Insufficient cpu". */
function reasonWords(groups, total) {
    const sorted = [...groups].filter(([group]) => group).sort((a, b) => b[1] - a[1]);
    const told = sorted.filter(([, seconds], i) => i === 0 || seconds > 0.1 * total).slice(0, 3);
    if (told.length === 1 && told[0][1] > 0.995 * total)
        return [["always for ", el("strong", {}, `“${told[0][0].label}”`)]];
    return told.map(([group, seconds], i) => [
        i ? (i === told.length - 1 ? " and " : ", ") : "",
        el("strong", {}, percent(seconds / total)),
        ` ${i ? "" : "of that waiting "}for “${group.label}”`,
    ]);
}

/* How many pods waited in the episode, and how many of them at once. */
function crowd(run, episode) {
    if (episode.pods === 1) {
        const alone = run.spans.find((each) => overlap(each, episode));
        return [", ", el("code", {}, alone.pod.name), " waited: "];
    }
    const pods = `, ${plural(episode.pods, "pod")} waited, `;
    if (episode.peak === 1) return [`${pods}one at a time: `];
    return [
        `${pods}up to `,
        el("strong", {}, whole(episode.peak)),
        ` at the same time (most at ${moment(episode.peakAt, span)}): `,
    ];
}

const range = (episode) =>
    episode.to >= span
        ? `From ${moment(episode.from, span)} to the end`
        : `Between ${moment(episode.from, span)} and ${moment(episode.to, span)}`;

function episodeSentence(run, episode) {
    const parts = [
        el("strong", {}, range(episode)),
        ...crowd(run, episode),
        ...reasonWords(episode.groups, episode.podSeconds),
        ". ",
    ];
    const [main] = [...episode.groups].sort((a, b) => b[1] - a[1])[0] || [];
    const resource = main && run.resources.find((name) => main.label.includes(`Insufficient ${name}`));
    if (resource) parts.push(usageThen(run, episode, resource), outOfQuestion(main));
    parts.push(...whoWaited(run, episode));
    return parts;
}

/* The namespace that most of the waiting was done in, where there are several. */
function whoWaited(run, episode) {
    const namespace = (pod) => pod.name.slice(0, pod.name.indexOf("/"));
    if (new Set(run.history.map(namespace)).size < 2) return [];
    const sums = new Map();
    for (const each of run.spans)
        sums.set(namespace(each.pod), (sums.get(namespace(each.pod)) || 0) + overlap(each, episode));
    const [name, seconds] = [...sums].sort((a, b) => b[1] - a[1])[0];
    const share = seconds / episode.podSeconds,
        words = share > 0.995 ? "All" : percent(share);
    return [`${words} of that waiting was done by pods of `, el("code", {}, name), ". "];
}

/* How full the cluster was when most pods waited: full, or with room in the wrong places? */
function usageThen(run, episode, resource) {
    const { seconds, used, allocatable } = run.series;
    const i = Math.max(0, indexAt(seconds, episode.peakAt));
    const share = used[resource][i] / allocatable[resource][i];
    const free = allocatable[resource][i] - used[resource][i];
    const words = `At that moment ${percent(share)} of all ${resource} was requested`;
    return share > 0.97
        ? `${words}: the cluster was full. `
        : `${words}; ${amount(resource, free)}${unitOf(resource)} were free, ` +
              "but not where or not in one piece as these pods needed it. ";
}

/* The nodes that the weightiest message of the group says no preemption could help on. */
function outOfQuestion(group) {
    const text = group.reasons[0].text,
        [, nodes] = /^0\/(\d+) nodes/.exec(text) || [],
        [, closed] = /(\d+) Preemption is not helpful for scheduling/.exec(text) || [];
    return closed
        ? `${whole(Number(closed))} of ${whole(Number(nodes))} nodes could not take such a pod ` +
              "even without the pods that they run. "
        : "";
}

function longestSentence(run) {
    const longest = run.spans.reduce(
        (best, each) => (!best || each.to - each.from > best.to - best.from ? each : best),
        null,
    );
    return [
        `The longest wait was ${duration(longest.to - longest.from)}, by `,
        el("code", {}, longest.pod.name),
        longest.still ? ", which is still waiting. " : `, from ${moment(longest.from, span)}. `,
    ];
}

function endSentence(run) {
    const counts = new Map();
    for (const pod of run.history)
        if (pod.outcome === "pending" && pod.reason)
            counts.set(pod.reason.group, (counts.get(pod.reason.group) || 0) + 1);
    const sorted = [...counts].sort((a, b) => b[1] - a[1]);
    if (!sorted.length) return [];
    const told = sorted.slice(0, 3).map(([group, pods]) => `${whole(pods)} for “${group.label}”`);
    return [
        run.timed ? "At the end " : "",
        el("strong", {}, plural(run.pods.pending, "pod")),
        ` ${run.pods.pending === 1 ? "is" : "are"} ${run.timed ? "still " : ""}pending: `,
        `${listed(told)}${sorted.length > 3 ? " among others" : ""}. `,
    ];
}

function preemptionSentence(run) {
    if (!run.preemptions) return [];
    const gone = run.pods.preempted;
    return [
        `${plural(run.preemptions, "pod")} had to make room for pods of higher priority`,
        gone ? `; ${whole(gone)} of them for good. ` : " and came back. ",
    ];
}

function drainSentence(run) {
    const stay = run.refusedEvictions || [];
    if (!stay.length) return [];
    const told = stay.slice(0, 3).map(({ pod, node, reason }) => `${pod} on ${node} (${reason})`);
    return [
        el("strong", {}, plural(stay.length, "pod")),
        ` ${stay.length === 1 ? "was" : "were"} not evicted from a drained node: `,
        `${listed(told)}${stay.length > 3 ? " among others" : ""}. `,
    ];
}

/* What is said of a run at the end. */
const lastSentences = (run) => [...endSentence(run), ...preemptionSentence(run), ...drainSentence(run)];

/* Paragraphs for one run. */
function storyOf(run) {
    if (!run.timed) {
        const total = run.toPlace;
        const first = [
            total ? `Of ${plural(total, "pod")} to place ` : "There was no pod to place. ",
            total ? el("strong", {}, run.placed === total ? "every one" : whole(run.placed)) : "",
            total ? " found a node. " : "",
        ];
        return [[...first, ...lastSentences(run)]];
    }
    const waited = run.spans.length,
        total = run.toPlace;
    if (!waited)
        return [
            [
                ...(run.placed === total
                    ? [el("strong", {}, "No pod waited."), " Every pod found a node the moment it arrived. "]
                    : [
                          `${whole(run.placed)} of ${plural(total, "pod")} found a node the moment they arrived. `,
                      ]),
                ...lastSentences(run),
            ],
        ];
    const told = run.episodes
        .slice(0, 3)
        .filter((episode, i) => i === 0 || episode.podSeconds > 0.05 * run.waitedSeconds);
    const share = told.reduce((sum, episode) => sum + episode.podSeconds, 0) / run.waitedSeconds;
    const opening = [
        `${whole(total - waited)} of ${plural(total, "pod")} (${percent((total - waited) / total)}) found a node at once. `,
        el("strong", {}, plural(waited, "pod")),
        ` had to wait, together for ${podTime(run.waitedSeconds)}; ${
            told.length === 1
                ? `${percent(share)} of it fell into one period. `
                : `${percent(share)} of it fell into ${whole(told.length)} periods. `
        }`,
    ];
    const inOrder = told.slice().sort((a, b) => a.from - b.from);
    return [
        opening,
        ...inOrder.map((episode) => episodeSentence(run, episode)),
        [...longestSentence(run), ...lastSentences(run)],
    ];
}

function drawStory() {
    byId("story-title").textContent = timed ? "When and why pods waited" : "What found no place, and why";
    const host = byId("story-text");
    if (!comparing) {
        host.append(...storyOf(runs[0]).map((parts) => el("p", {}, ...parts)));
        return;
    }
    const told = new Map(); /* runs of which the same can be said are named together */
    for (const run of runs) {
        const paragraph = el("p", {}, ...storyOf(run).flat()),
            words = paragraph.textContent;
        if (told.has(words)) told.get(words).names.push(run.name);
        else told.set(words, { names: [run.name], paragraph });
    }
    for (const { names, paragraph } of told.values()) {
        paragraph.prepend(el("span", { class: "run" }, `${listed(names)}: `));
        host.append(paragraph);
    }
}
