/* Elements, numbers, amounts and times: how anything is written on this page. */

const SVG = "http://www.w3.org/2000/svg";
const DAY = 86400;

const byId = (id) => document.getElementById(id);

function fill(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes || {})) {
        if (value === null || value === undefined || value === false) continue;
        if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
        else node.setAttribute(name, value === true ? "" : value);
    }
    node.append(...children.flat().filter((child) => child !== null && child !== undefined));
    return node;
}

/* el("p", {class: "hint"}, "text", anotherElement): texts are never read as HTML. */
const el = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
const svg = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

const whole = (number) => Math.round(number).toLocaleString("en-US");
const plural = (number, one, many) => `${whole(number)} ${number === 1 ? one : many || one + "s"}`;

/* Three significant digits, no trailing zeros. */
function short(number) {
    const size = Math.abs(number);
    if (size >= 100 || Number.isInteger(number)) return whole(number);
    return String(Number(number.toPrecision(3)));
}

function percent(part) {
    if (!Number.isFinite(part)) return "–";
    const value = 100 * part;
    const digits =
        value > 0 && value < 1
            ? "<\u00a01"
            : value > 99 && value < 100
              ? ">\u00a099"
              : String(Math.round(value));
    return `${digits}\u00a0%`;
}

const isBytes = (resource) => /^(memory|ephemeral-storage|hugepages-.*)$/.test(resource);
const POWERS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

/* An amount of a resource; `like` picks the unit, so that the ticks of an axis share one. */
function amount(resource, value, like) {
    if (!isBytes(resource) || value === 0) return short(value);
    let power = 0;
    for (let size = Math.abs(like || value); size >= 1024 && power < POWERS.length - 1; size /= 1024) power++;
    return `${short(value / 1024 ** power)} ${POWERS[power]}`;
}

const unitOf = (resource) => (resource === "cpu" ? " cores" : "");

const two = (number) => String(number).padStart(2, "0");

/* A moment of the run, counted from its start. `span` is how long the run lasts: it decides how fine to be. */
function moment(seconds, span) {
    const s = Math.round(seconds);
    const day = Math.floor(s / DAY),
        hour = Math.floor((s % DAY) / 3600),
        minute = Math.floor((s % 3600) / 60);
    if (span >= DAY) return `day\u00a0${day}, ${two(hour)}:${two(minute)}`;
    return `${two(hour)}:${two(minute)}:${two(s % 60)}`;
}

/* The two greatest units that count. */
function duration(seconds) {
    if (seconds === null || seconds === undefined) return "–";
    if (seconds < 1) return seconds === 0 ? "0\u00a0s" : `${Math.ceil(seconds * 1000)}\u00a0ms`;
    const units = [
        ["d", DAY],
        ["h", 3600],
        ["min", 60],
        ["s", 1],
    ];
    let left = Math.round(seconds);
    const parts = [];
    for (const [name, size] of units) {
        const count = Math.floor(left / size);
        if (parts.length === 1) {
            if (count) parts.push(`${count}\u00a0${name}`);
            break;
        }
        if (count) parts.push(`${count}\u00a0${name}`);
        left -= count * size;
    }
    return parts.join("\u00a0");
}

/* The same in one unit: "16.7 min". */
function rough(seconds) {
    const [name, size] = [
        ["d", DAY],
        ["h", 3600],
        ["min", 60],
        ["s", 1],
    ].find(([, unit]) => seconds >= unit) || ["s", 1];
    return `${short(Number((seconds / size).toPrecision(3)))}\u00a0${name}`;
}

/* Time that many pods spent together: "310 pod-days". */
function podTime(seconds) {
    for (const [name, size] of [
        ["day", DAY],
        ["hour", 3600],
        ["minute", 60],
    ])
        if (seconds >= 2 * size) return `${short(seconds / size)} pod\u2011${name}s`;
    return `${short(seconds)} pod\u2011seconds`;
}

/* "a", "a and b", "a, b and c" */
function listed(words) {
    return words.length < 2
        ? words.join("")
        : `${words.slice(0, -1).join(", ")} and ${words[words.length - 1]}`;
}

/* A round step that divides `range` into at most `most` parts. */
function niceStep(range, most) {
    const rough = range / most,
        power = 10 ** Math.floor(Math.log10(rough || 1));
    return [1, 2, 2.5, 5, 10].map((n) => n * power).find((step) => step >= rough * 0.999);
}

const TIME_STEPS = [
    1,
    2,
    5,
    10,
    30,
    60,
    120,
    300,
    600,
    1800,
    3600,
    7200,
    10800,
    21600,
    43200,
    DAY,
    2 * DAY,
    5 * DAY,
    10 * DAY,
    20 * DAY,
    50 * DAY,
    100 * DAY,
    200 * DAY,
    500 * DAY,
    1000 * DAY,
];

function timeTicks([from, to], most) {
    const step = TIME_STEPS.find((s) => (to - from) / s <= most) || niceStep(to - from, most);
    const ticks = [];
    for (let at = Math.ceil(from / step) * step; at <= to; at += step) ticks.push(at);
    const label = (at) => {
        const clock = `${two(Math.floor((at % DAY) / 3600))}:${two(Math.floor((at % 3600) / 60))}`;
        if (step >= DAY || (at % DAY === 0 && to > DAY)) return `day ${Math.floor(at / DAY)}`;
        return step >= 60 ? clock : `${clock}:${two(at % 60)}`;
    };
    return ticks.map((at) => ({ at, label: label(at) }));
}
