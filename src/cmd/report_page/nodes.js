/*
 * The nodes: over time a heat map, one row a node; without time one tile a node. Grouped by zone, the fullest first. Both are
 * canvases of bounded size: where there are more nodes than pixel rows a row is the mean of its neighbours.
 */

const shown = { resource: null, run: 0 };
const heatOf = (node, resource) => (node.heat && node.heat[resource]) || null;
const fullness = (node, resource) => (node.used[resource] || 0) / node.allocatable[resource];

/* The mean over time, or what is requested at the end. */
function levelOf(node, resource) {
    const heat = heatOf(node, resource);
    if (!heat) return 100 * fullness(node, resource);
    const known = heat.filter((value) => value !== null);
    return known.length ? known.reduce((sum, value) => sum + value, 0) / known.length : 0;
}

/* [{zone, nodes: [{node, level}]}]: the nodes that have some of the resource. */
function zonesOf(run, resource) {
    const zones = new Map();
    for (const node of run.nodes) {
        if (!node.allocatable[resource] && !heatOf(node, resource)) continue;
        const zone = node.zone === "-" ? "" : node.zone;
        if (!zones.has(zone)) zones.set(zone, []);
        zones.get(zone).push({ node, level: levelOf(node, resource), heat: heatOf(node, resource) });
    }
    return [...zones]
        .sort((a, b) => (a[0] < b[0] ? -1 : 1))
        .map(([zone, nodes]) => ({
            zone,
            nodes: nodes.sort((a, b) => b.level - a.level || (a.node.name < b.node.name ? -1 : 1)),
        }));
}

/* Colours for 0 ... 100 %, between the five of the style sheet. */
function heatColours() {
    const style = getComputedStyle(document.documentElement);
    const stops = [0, 1, 2, 3, 4].map((i) => {
        const hex = style.getPropertyValue(`--heat-${i}`).trim();
        return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
    });
    return Array.from({ length: 101 }, (_, value) => {
        const at = Math.min(3.9999, value / 25),
            low = Math.floor(at),
            part = at - low;
        return stops[low].map((channel, i) => Math.round(channel + (stops[low + 1][i] - channel) * part));
    });
}

function canvasOf(width, height) {
    const scale = window.devicePixelRatio || 1,
        canvas = el("canvas", { role: "img" });
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    const context = canvas.getContext("2d");
    context.scale(scale, scale);
    return { canvas, context, scale };
}

function mean(nodes, bucket) {
    let sum = 0,
        count = 0;
    for (const { heat } of nodes) {
        const value = heat && heat[bucket];
        if (value === null || value === undefined) continue;
        sum += value;
        count++;
    }
    return count ? sum / count : null;
}

/* The bucket that a moment falls into. */
const bucketAt = (run, buckets, at) =>
    Math.min(buckets - 1, Math.max(0, Math.floor((at / run.seconds) * buckets)));

/* Paints the nodes of a zone into the rows from `top`, device pixels. */
function paintZone(image, zone, top, rows, run, colours) {
    const buckets = zone.nodes.find((entry) => entry.heat)?.heat.length || 0,
        [from, to] = view.domain;
    const bucketOf = Array.from({ length: image.width }, (_, px) =>
        bucketAt(run, buckets, from + ((px + 0.5) / image.width) * (to - from)),
    );
    let painted = null,
        key = "";
    for (let row = 0; row < rows; row++) {
        const first = Math.floor((row * zone.nodes.length) / rows),
            last = Math.max(first + 1, Math.floor(((row + 1) * zone.nodes.length) / rows));
        if (key !== `${first}-${last}`) {
            key = `${first}-${last}`;
            const part = zone.nodes.slice(first, last);
            painted = Array.from({ length: buckets }, (_, bucket) => mean(part, bucket));
        }
        for (let px = 0; px < image.width; px++) {
            const value = painted[bucketOf[px]],
                at = 4 * ((top + row) * image.width + px);
            if (value === null || value === undefined) continue;
            image.data.set(colours[Math.max(0, Math.min(100, Math.round(value)))], at);
            image.data[at + 3] = 255;
        }
    }
}

function nodeRows(run, node, resource, extra) {
    return [
        ...extra,
        ["zone", node.zone === "-" ? "–" : node.zone],
        ["pods at the end", whole(node.pods)],
        ["allocatable", `${amount(resource, node.allocatable[resource])}${unitOf(resource)}`],
    ];
}

/* Bands of the picture, in CSS pixels: where each zone begins and ends. */
function layOut(zones, height) {
    const gap = 6,
        count = zones.reduce((sum, zone) => sum + zone.nodes.length, 0);
    const perNode = (height - gap * (zones.length - 1)) / count;
    let top = 0;
    return zones.map((zone) => {
        const band = { zone, top, height: Math.max(1, zone.nodes.length * perNode) };
        top += band.height + gap;
        return band;
    });
}

function drawHeat(host, run, resource) {
    const zones = zonesOf(run, resource),
        count = zones.reduce((sum, zone) => sum + zone.nodes.length, 0);
    const width = Math.max(320, host.clientWidth),
        plot = width - LEFT - RIGHT;
    const height =
        Math.min(560, count * Math.min(20, Math.max(3, Math.floor(560 / count)))) + 6 * (zones.length - 1);
    const { canvas, context, scale } = canvasOf(plot, height),
        bands = layOut(zones, height),
        colours = heatColours();
    const image = context.createImageData(canvas.width, canvas.height);
    for (const band of bands) {
        const top = Math.round(band.top * scale);
        paintZone(
            image,
            band.zone,
            top,
            Math.min(Math.round(band.height * scale), canvas.height - top),
            run,
            colours,
        );
    }
    context.putImageData(image, 0, 0);
    canvas.style.marginLeft = `${LEFT}px`;
    canvas.setAttribute(
        "aria-label",
        `Heat map: ${resource} requested on ${plural(count, "node")} over time; the table below has the numbers`,
    );
    const root = svg("svg", {
        width: LEFT - 8,
        height,
        "aria-hidden": "true",
        style: "position:absolute;left:0;top:0",
    });
    bands
        .filter((band) => band.zone.zone && band.height > 11)
        .forEach((band) =>
            root.append(
                svg(
                    "text",
                    { x: LEFT - 10, y: band.top + Math.min(13, band.height / 2 + 4), "text-anchor": "end" },
                    shorten(band.zone.zone, 11),
                ),
            ),
        );
    const [from, to] = view.domain;
    const axis = svg(
        "svg",
        { width, height: 24, "aria-hidden": "true" },
        ...timeLabels(
            timeTicks(view.domain, Math.max(3, Math.floor(plot / 90))),
            (at) => LEFT + ((at - from) / (to - from)) * plot,
            width,
            16,
        ),
    );
    onPoint(canvas, (px, py) => {
        const band = bands.find((b) => py >= b.top && py < b.top + b.height);
        if (!band) return null;
        const { node, heat, level } =
            band.zone.nodes[
                Math.min(
                    band.zone.nodes.length - 1,
                    Math.floor(((py - band.top) / band.height) * band.zone.nodes.length),
                )
            ];
        const at = from + (px / plot) * (to - from),
            value = heat ? heat[bucketAt(run, heat.length, at)] : null;
        return [
            node.name,
            nodeRows(run, node, resource, [
                ["time", moment(at, span)],
                [resource, value === null || value === undefined ? "not there" : `${value}\u00a0% requested`],
                ["mean", `${Math.round(level)}\u00a0%`],
            ]),
        ];
    });
    host.replaceChildren(canvas, root, axis);
}

const shorten = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

/* Calls back with the position on the canvas; what comes back is shown: [title, rows]. */
function onPoint(canvas, look) {
    canvas.addEventListener("pointermove", (event) => {
        const box = canvas.getBoundingClientRect(),
            found = look(event.clientX - box.left, event.clientY - box.top);
        if (found) showTooltip(found[0], found[1], event.pageX, event.pageY);
        else hideTooltip();
    });
    canvas.addEventListener("pointerleave", hideTooltip);
}

/* One tile a node. */
function drawTiles(host, run, resource) {
    const zones = zonesOf(run, resource),
        count = zones.reduce((sum, zone) => sum + zone.nodes.length, 0);
    const width = Math.max(320, host.clientWidth),
        size = count <= 120 ? 48 : count <= 500 ? 24 : 13,
        gap = size > 20 ? 4 : 2;
    const across = Math.max(1, Math.floor((width - LEFT) / (size + gap))),
        colours = heatColours();
    host.replaceChildren(
        el(
            "div",
            { class: "tiles" },
            ...zones.map((zone) => {
                const rows = Math.ceil(zone.nodes.length / across);
                const { canvas, context } = canvasOf(
                    Math.min(across, zone.nodes.length) * (size + gap),
                    rows * (size + gap),
                );
                zone.nodes.forEach(({ level }, i) => {
                    const value = Math.max(0, Math.min(100, Math.round(level))),
                        left = (i % across) * (size + gap),
                        top = Math.floor(i / across) * (size + gap);
                    context.fillStyle = `rgb(${colours[value].join(" ")})`;
                    context.fillRect(left, top, size, size);
                    if (size < 40) return;
                    const [r, g, b] = colours[value];
                    context.fillStyle = 0.3 * r + 0.6 * g + 0.1 * b > 140 ? "#14171a" : "#ffffff";
                    context.font = "12px system-ui, sans-serif";
                    context.textAlign = "center";
                    context.fillText(`${Math.round(level)} %`, left + size / 2, top + size / 2 + 4);
                });
                canvas.setAttribute(
                    "aria-label",
                    `${resource} requested on ${plural(zone.nodes.length, "node")}` +
                        `${zone.zone ? ` in ${zone.zone}` : ""}; the table below has the numbers`,
                );
                onPoint(canvas, (px, py) => {
                    const i = Math.floor(py / (size + gap)) * across + Math.floor(px / (size + gap)),
                        entry = zone.nodes[i];
                    if (!entry || Math.floor(px / (size + gap)) >= across) return null;
                    return [
                        entry.node.name,
                        nodeRows(run, entry.node, resource, [
                            [resource, `${Math.round(entry.level)} % requested`],
                        ]),
                    ];
                });
                return el(
                    "div",
                    { style: `display:grid;grid-template-columns:${zone.zone ? LEFT : 0}px 1fr` },
                    el("span", { class: "hint" }, shorten(zone.zone, 11)),
                    canvas,
                );
            }),
        ),
    );
}

/* A row of buttons of which one is on. */
function choice(label, options, current, pick) {
    const group = el("div", { class: "choice", role: "group", "aria-label": label });
    options.forEach(({ value, text }) =>
        group.append(
            el(
                "button",
                {
                    type: "button",
                    "aria-pressed": String(value === current),
                    onclick: (event) => {
                        group
                            .querySelectorAll("button")
                            .forEach((button) =>
                                button.setAttribute("aria-pressed", String(button === event.currentTarget)),
                            );
                        pick(value);
                    },
                },
                text,
            ),
        ),
    );
    return group;
}

function drawNodes() {
    const run = runs[shown.run],
        { resource } = shown,
        host = byId("nodes-chart");
    const without = run.nodes.filter((node) => !node.allocatable[resource] && !heatOf(node, resource)).length;
    const heat = run.timed && run.nodes.some((node) => heatOf(node, resource));
    byId("nodes-hint").textContent =
        `${plural(run.nodes.length - without, "node")}, grouped by zone, the fullest ` +
        `${heat ? "on average first, over the same time as above" : "first"}.` +
        (without
            ? ` ${plural(without, "node")} without ${resource} ${without === 1 ? "is" : "are"} left out.`
            : "");
    (heat ? drawHeat : drawTiles)(host, run, resource);
}

function nodeColumns(run) {
    const column = (key, title, get, number, show) => ({
        key,
        title,
        get,
        number,
        show: show || ((entry) => get(entry)),
    });
    return [
        column("name", "Node", (node) => node.name),
        column("zone", "Zone", (node) => node.zone),
        column("pods", "Pods", (node) => node.pods, true),
        ...run.resources.flatMap((resource) => [
            column(
                resource,
                run.timed ? `${resource}, mean` : resource,
                (node) => (node.allocatable[resource] ? levelOf(node, resource) : -1),
                true,
                (node) =>
                    node.allocatable[resource] ? `${Math.round(levelOf(node, resource))}\u00a0%` : "–",
            ),
            column(
                `${resource}-allocatable`,
                "of",
                (node) => node.allocatable[resource] || 0,
                true,
                (node) => (node.allocatable[resource] ? amount(resource, node.allocatable[resource]) : "–"),
            ),
        ]),
    ];
}

function startNodes() {
    if (!runs.some((run) => run.nodes.length)) return;
    byId("nodes").hidden = false;
    const common = resources.filter(
        (resource) =>
            2 * runs[0].nodes.filter((node) => node.allocatable[resource]).length >= runs[0].nodes.length,
    );
    shown.resource = busiest(runs[0], common.length ? common : resources);
    if (comparing)
        byId("nodes-controls").append(
            choice(
                "Run",
                runs.map((run, i) => ({ value: i, text: run.name })),
                0,
                (value) => {
                    shown.run = value;
                    drawNodes();
                },
            ),
        );
    byId("nodes-controls").append(
        choice(
            "Resource",
            resources.map((value) => ({ value, text: value })),
            shown.resource,
            (value) => {
                shown.resource = value;
                drawNodes();
            },
        ),
    );
    byId("nodes-legend").append(el("span", {}, "0 %", el("i", { class: "swatches" }), "100 % requested"));
    if (!comparing) {
        const body = el("div", {}),
            details = el("details", {}, el("summary", {}, "The same as a table"), body);
        details.addEventListener(
            "toggle",
            () => {
                if (!body.firstChild)
                    pagedTable(body, {
                        caption: "Nodes",
                        columns: nodeColumns(runs[0]),
                        rows: runs[0].nodes,
                        text: (node) => `${node.name} ${node.zone}`,
                        sort: ["name", 1],
                        size: 25,
                    });
            },
            { once: true },
        );
        byId("nodes").append(details);
    }
    view.listeners.push(drawNodes);
}
