/*
 * The runs of the report, from the JSON block of the page: pods as objects, reasons in groups, and when pods waited.
 *
 * FailedScheduling messages count nodes, so hardly two are equal. A message names several causes; of those that can
 * change while a pod waits (room, ports, other pods) the one with the most nodes stands for it, and names its group.
 */

const report = JSON.parse(byId("data").textContent);

const CHANGES = new RegExp(
    "^(Insufficient |Too many pods|node\\(s\\) " +
        "(didn't have free ports|exceed max volume|.*(anti-)?affinity rules|didn't match pod topology))",
);

/* {nodes, clauses: [{count, text}]} of a FailedScheduling message, else null. */
function clausesOf(text) {
    const match = /^0\/(\d+) nodes are available: ([^]*?)(\. (no new claims|preemption:)[^]*)?$/.exec(text);
    if (!match) return null;
    const clauses = match[2].split(/, (?=\d+ )/).map((part) => {
        const [, count, what] = /^(\d*) ?([^]*)$/.exec(part);
        return { count: Number(count) || 0, text: what.replace(/\.$/, "") };
    });
    return { nodes: Number(match[1]), clauses };
}

/* What a reason is called: {key, label}, and what else its message names. */
function nameOf(reason) {
    if (reason.outcome === "gated")
        return { key: `gated ${reason.text}`, label: `Gated: ${reason.text}`, others: [] };
    if (reason.outcome === "preempted")
        return { key: "preempted", label: "Had to make room for a pod of higher priority", others: [] };
    const parsed = clausesOf(reason.text);
    if (!parsed) return { key: reason.text, label: reason.text, others: [] };
    const sorted = parsed.clauses.slice().sort((a, b) => b.count - a.count || (a.text < b.text ? -1 : 1));
    const main = sorted.find((clause) => CHANGES.test(clause.text)) || sorted[0];
    return {
        key: main.text,
        label: main.text,
        others: sorted.filter((clause) => clause !== main).map((clause) => clause.text),
    };
}

/* Groups of reasons, the weightiest first; each reason learns the index of its group. */
function groupsOf(reasons, timed) {
    const groups = new Map();
    for (const reason of reasons) {
        const name = nameOf(reason);
        let group = groups.get(name.key);
        if (!group) {
            group = {
                ...name,
                others: new Set(),
                pods: 0,
                podSeconds: 0,
                first: Infinity,
                last: -Infinity,
                reasons: [],
            };
            groups.set(name.key, group);
        }
        group.reasons.push(reason);
        name.others.forEach((text) => group.others.add(text));
        group.pods += timed ? reason.pods : reason.left;
        group.podSeconds += reason.podSeconds || 0;
        group.first = Math.min(group.first, reason.firstSeconds ?? Infinity);
        group.last = Math.max(group.last, reason.lastSeconds ?? -Infinity);
        reason.group = group;
    }
    const weight = (item) => (timed ? item.podSeconds : item.left);
    for (const group of groups.values()) {
        group.weight = timed ? group.podSeconds : group.pods;
        group.reasons.sort((a, b) => weight(b) - weight(a));
    }
    return [...groups.values()].sort((a, b) => b.weight - a.weight || b.pods - a.pods);
}

const given = (value) => value !== null && value !== undefined;

/* This run found a node for the pod, and it has not lost it. */
const isPlaced = (pod) => !isBound(pod) && (pod.outcome === "placed" || pod.outcome === "departed");

/* Pods that came with a node are not to be placed. */
const isBound = (pod) => pod.outcome === "bound" || (given(pod.waited) && pod.attempts === 0);

function podOf(row, run) {
    const [name, outcome, node, arrived, waited, left, attempts, reason] = row;
    return {
        name,
        outcome: run.outcomes[outcome],
        node: typeof node === "number" ? run.nodes[node].name : (node ?? ""),
        arrived,
        waited,
        left,
        attempts,
        reason: run.reasons[reason] || null,
    };
}

/* From when to when a pod waited, in seconds: null when it did not. Gated pods do not wait for room. */
function spanOf(pod, end) {
    if (!given(pod.arrived) || pod.outcome === "bound" || pod.outcome === "gated") return null;
    if (!given(pod.waited) && !given(pod.left) && pod.outcome !== "pending") return null;
    const until = given(pod.waited) ? pod.arrived + pod.waited : pod.left,
        to = until ?? end;
    return to > pod.arrived ? { from: pod.arrived, to, still: !given(until), pod } : null;
}

/* The number of waiting pods as steps: [{at, count}]. */
function stepsOf(spans) {
    const moves = spans
        .flatMap((each) =>
            each.still
                ? [[each.from, 1]]
                : [
                      [each.from, 1],
                      [each.to, -1],
                  ],
        )
        .sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    const steps = [];
    let count = 0;
    for (const [at, move] of moves) {
        count += move;
        if (steps.length && steps[steps.length - 1].at === at) steps[steps.length - 1].count = count;
        else steps.push({ at, count });
    }
    return steps;
}

/* The first moment at which most pods waited. */
const peakOf = (steps) =>
    steps.reduce((best, step) => (step.count > best.count ? step : best), { at: 0, count: 0 });

/*
 * How many pods waited when: to the second from the pods' own times, as long as each waited only once; else from the
 * samples of the series.
 */
function waitingOf(run) {
    const steps = stepsOf(run.spans),
        samples = run.series.pending.map((count, i) => ({ at: run.series.seconds[i], count }));
    if (run.preemptions || peakOf(steps).count !== peakOf(samples).count) return samples;
    return steps.length && steps[0].at === 0 ? steps : [{ at: 0, count: 0 }, ...steps];
}

/* Seconds for which [from, to) lies in an episode. */
const overlap = (each, episode) =>
    Math.max(0, Math.min(each.to, episode.to) - Math.max(each.from, episode.from));

/*
 * Times in which at least a tenth of the highest number of pods waited, gaps of up to 2 % of the run bridged: the
 * weightiest first, each with its peak, its pod-seconds and how these are shared among the reasons.
 */
function episodesOf(spans, steps, end) {
    const least = Math.max(1, peakOf(steps).count / 10);
    const episodes = [];
    steps.forEach((step, i) => {
        if (step.count < least) return;
        const to = i + 1 < steps.length ? steps[i + 1].at : end;
        const last = episodes[episodes.length - 1];
        if (last && step.at - last.to <= end / 50) last.to = to;
        else episodes.push({ from: step.at, to });
    });
    for (const episode of episodes) {
        Object.assign(episode, { podSeconds: 0, pods: 0, peak: 0, groups: new Map() });
        for (const each of spans) {
            const seconds = overlap(each, episode);
            if (!seconds) continue;
            const group = each.pod.reason && each.pod.reason.group;
            episode.podSeconds += seconds;
            episode.pods++;
            episode.groups.set(group, (episode.groups.get(group) || 0) + seconds);
        }
        for (const step of steps)
            if (step.at >= episode.from && step.at < episode.to && step.count > episode.peak) {
                episode.peak = step.count;
                episode.peakAt = step.at;
            }
    }
    return episodes.sort((a, b) => b.podSeconds - a.podSeconds);
}

/* Mean over time and peak of used/allocatable, and when that was. The series has means: it may not show the peak. */
function utilisationOf(run, resource) {
    const { seconds, used, allocatable } = run.series;
    const { value: peak, seconds: peakAt } = run.peaks[resource];
    let weighted = 0,
        time = 0;
    seconds.forEach((at, i) => {
        const share = allocatable[resource][i] ? used[resource][i] / allocatable[resource][i] : 0;
        const lasts = (i + 1 < seconds.length ? seconds[i + 1] : run.seconds) - at;
        weighted += share * lasts;
        time += lasts;
    });
    return { mean: time ? weighted / time : peak, peak, peakAt };
}

/* The same for a run without time: how full the nodes are at its end. */
function fullnessOf(run, resource) {
    let used = 0,
        allocatable = 0;
    for (const node of run.nodes) {
        used += node.used[resource] || 0;
        allocatable += node.allocatable[resource] || 0;
    }
    return { mean: used / allocatable, peak: used / allocatable, used, allocatable };
}

function prepare(run, index) {
    run.index = index;
    run.style = `run-${(index % 4) + 1}`;
    run.timed = run.seconds > 0; /* a run that is over at once has nothing to show over time */
    for (const node of run.nodes) node.used ??= {}; /* where the heat says it */
    run.groups = groupsOf(run.reasons, run.timed);
    run.history = run.history.map((row) => podOf(row, run));
    run.toPlace = run.history.filter((pod) => !isBound(pod)).length;
    run.placed = run.history.filter(isPlaced).length;
    run.spans = run.timed ? run.history.map((pod) => spanOf(pod, run.seconds)).filter(Boolean) : [];
    run.waitedSeconds = run.spans.reduce((sum, span) => sum + span.to - span.from, 0);
    run.waiting = run.timed ? waitingOf(run) : [];
    run.episodes = run.timed ? episodesOf(run.spans, run.waiting, run.seconds) : [];
    run.peak = run.timed ? peakOf(run.waiting) : null;
    const used = run.resources.filter(
        (resource) =>
            resource !== "pods" &&
            (run.timed
                ? run.series.used[resource].some((value) => value > 0)
                : run.nodes.some((node) => node.used[resource] > 0)),
    );
    run.resources = used.length ? used : run.resources.filter((resource) => resource !== "pods");
    run.utilisation = {};
    for (const resource of run.resources)
        run.utilisation[resource] = run.timed ? utilisationOf(run, resource) : fullnessOf(run, resource);
    return run;
}

const runs = report.runs.map(({ simulation, ...others }, index) =>
    prepare({ ...others, ...simulation }, index),
);
const comparing = runs.length > 1;
const timed = runs.every((run) => run.timed);
const span = timed ? Math.max(...runs.map((run) => run.seconds)) : 0;
const resources = [...new Set(runs.flatMap((run) => run.resources))];

/* What the charts share: the part of the run that is shown, and the moment that is pointed at. */
const view = {
    domain: [0, span || 1],
    listeners: [],
    show(from, to) {
        const least = span / 5000;
        this.domain = to - from < least ? [0, span || 1] : [Math.max(0, from), Math.min(span, to)];
        this.listeners.forEach((listener) => listener());
    },
};
