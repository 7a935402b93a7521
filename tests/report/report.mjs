// Opens the pages that --report writes, as a reader would, and compares what they say with what berth says elsewhere.
// usage: node report.mjs BERTH EXAMPLES CHROMIUM
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [berth, examples, executablePath] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "berth-report-"));
const QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];
let passed = 0,
    failed = 0;

function ok(name, condition, seen) {
    if (condition) passed++;
    else {
        failed++;
        console.log(`FAILED: ${name}${seen === undefined ? "" : `: ${JSON.stringify(seen)}`}`);
    }
}
const same = (name, seen, expected) =>
    ok(
        `${name} (expected ${JSON.stringify(expected)})`,
        JSON.stringify(seen) === JSON.stringify(expected),
        seen,
    );

/* Exit code 3 says that some pods were not placed. */
function run(...words) {
    const done = spawnSync(berth, words, { encoding: "utf8", maxBuffer: 1 << 28 });
    if (done.status !== 0 && done.status !== 3) throw new Error(`berth ${words.join(" ")}: ${done.stderr}`);
    return done.stdout;
}

const node = (name, cpu, zone) => ({
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels: { "kubernetes.io/hostname": name, "topology.kubernetes.io/zone": zone } },
    status: { allocatable: { cpu: String(cpu), memory: "16Gi", pods: "50" } },
});
const pod = (name, cpu, arrival, departure) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
        name,
        namespace: "test",
        ...(arrival === undefined
            ? {}
            : {
                  annotations: {
                      "berth.dev/arrival-seconds": String(arrival),
                      "berth.dev/departure-seconds": String(departure),
                  },
              }),
    },
    spec: { containers: [{ name: "c", image: "i", resources: { requests: { cpu: String(cpu) } } }] },
});

function write(name, objects) {
    const path = join(folder, name);
    writeFileSync(path, JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }));
    return path;
}

const browser = await chromium.launch({ executablePath, args: QUIET });

/* Opens a page and hands it to `fn`; whatever it says or asks for on the way is a failure. */
async function open(name, file, options, fn) {
    const page = await browser.newPage({
        viewport: { width: 1440, height: 900 },
        colorScheme: "light",
        ...options,
    });
    const said = [],
        asked = [],
        address = pathToFileURL(file).href;
    page.on("console", (message) => said.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => said.push(String(error)));
    page.on("request", (request) => {
        if (request.url().split("#")[0] !== address && !request.url().startsWith("data:"))
            asked.push(request.url());
    });
    page.on("dialog", (dialog) => {
        said.push(`dialog: ${dialog.message()}`);
        dialog.dismiss();
    });
    await page.goto(address);
    await fn(page);
    same(`${name}: the page says nothing to the console`, said, []);
    same(`${name}: the page asks for nothing`, asked, []);
    await page.close();
}

const dataOf = (file) =>
    JSON.parse(
        /<script type="application\/json" id="data">([^]*?)<\/script>/.exec(readFileSync(file, "utf8"))[1],
    );
const figures = (page) =>
    page.$$eval("#headline .figure", (all) =>
        Object.fromEntries(
            all.map((each) => [
                each.querySelector(".name").textContent,
                each.querySelector(".value").textContent,
            ]),
        ),
    );
const text = (page, selector) => page.textContent(selector);
const firstCells = (page) =>
    page.$$eval("#pods-table tbody tr td:first-child", (cells) => cells.map((cell) => cell.textContent));
const fits = (page) => page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth);

async function instant() {
    const file = join(folder, "instant.html"),
        csv = run("simulate", "-f", examples, "-o", "csv", "--report", file);
    const outcomes = csv
        .trim()
        .split("\n")
        .slice(1)
        .map((line) => line.split(",")[2]);
    const count = (outcome) => outcomes.filter((each) => each === outcome).length;
    await open("instant", file, {}, async (page) => {
        const shown = await figures(page);
        same("instant: as many pods placed as in the CSV", shown.Placed, String(count("placed")));
        same(
            "instant: as many not placed as in the CSV",
            shown["Not placed"],
            String(outcomes.length - count("placed") - count("bound")),
        );
        ok(
            "instant: nothing is said of time",
            !(await page.isVisible("#time")) && !(await page.isVisible("#waiting")),
        );
        ok("instant: the nodes are tiles", (await page.$$("#nodes-chart canvas")).length > 0);
        same(
            "instant: the table has every pod",
            await text(page, "#pods-status"),
            `1–${Math.min(25, outcomes.length)} of ${outcomes.length} pods`,
        );
        await page.selectOption("#pods-filter", "= pending");
        ok(
            "instant: the filter leaves the pending pods",
            (await text(page, "#pods-status")).startsWith(`1–${count("pending")} of ${count("pending")} pod`),
            await text(page, "#pods-status"),
        );
    });
}

/* Four cores; four pods have them until 1,000 s, six more come at 100 s and run 500 s each; one never fits. */
function queueAtTheDoor() {
    return write("queue.json", [
        node("a", 2, "west"),
        node("b", 2, "east"),
        ...[0, 1, 2, 3].map((i) => pod(`early-${i}`, 1, 0, 1000)),
        ...[0, 1, 2, 3, 4, 5].map((i) => pod(`late-${i}`, 1, 100, 600)),
        pod("huge", 64, 200, 300),
    ]);
}

async function timeline() {
    const file = join(folder, "timeline.html"),
        input = queueAtTheDoor(),
        csv = run("simulate", "--timeline", "-f", input, "-o", "csv", "--report", file);
    const lines = csv.trim().split("\n").slice(1);
    await open("timeline", file, {}, async (page) => {
        const shown = await figures(page),
            story = (await text(page, "#story-text")).replaceAll("\u00a0", " ");
        same("timeline: placed", shown.Placed, "10");
        same("timeline: not placed", shown["Not placed at the end"], "1");
        same("timeline: most waiting at once", shown["Most waiting at once"], "7");
        ok("timeline: the story says how many waited", story.includes("7 pods had to wait"), story);
        ok("timeline: the story says since when", story.includes("00:01:40"), story);
        ok("timeline: the story says why", story.includes("“Insufficient cpu”"), story);
        ok("timeline: the story names the pod that is left", story.includes("test/huge"), story);
        const data = dataOf(file).runs[0].simulation;
        same("timeline: the table has every pod of the CSV", data.history.length, lines.length);
        same(
            "timeline: the heat map stands below the same axis",
            await page.$$eval("#nodes-chart canvas", (all) => all.length),
            1,
        );
        ok(
            "timeline: panels for resources, running and waiting pods",
            (await page.$$("#time-chart text.name")).length >= 3,
        );

        await page.focus("#time-chart svg");
        await page.keyboard.press("End");
        ok(
            "timeline: the keyboard moves the crosshair",
            (await page.getAttribute("#time-chart svg", "aria-valuetext")).includes("waiting pods 1"),
            await page.getAttribute("#time-chart svg", "aria-valuetext"),
        );
        ok("timeline: the tooltip shows the values", (await text(page, "#tooltip")).includes("cpu"));
        ok("timeline: nothing to zoom out of at first", await page.isDisabled("#time-whole"));
        await page.keyboard.press("Home");
        await page.keyboard.press("Enter");
        ok("timeline: Enter zooms in", !(await page.isDisabled("#time-whole")));
        await page.keyboard.press("Escape");
        ok("timeline: Escape shows everything", await page.isDisabled("#time-whole"));

        await page.click('th[data-key="name"] button');
        const up = await firstCells(page);
        same("timeline: a click sorts by name", up, up.slice().sort());
        same(
            "timeline: and says so to assistive technology",
            await page.getAttribute('th[data-key="name"]', "aria-sort"),
            "ascending",
        );
        await page.click('th[data-key="name"] button');
        same("timeline: another click sorts the other way", await firstCells(page), up.slice().reverse());
        await page.fill("#pods-search", "late-3");
        same("timeline: the search finds a pod", await firstCells(page), ["test/late-3"]);
        await page.fill("#pods-search", "no-such-pod");
        same(
            "timeline: a search that finds nothing says so",
            await text(page, "#pods-status"),
            "No pod matches.",
        );
        await page.click(".reason summary");
        await page.click(".reason .link");
        ok("timeline: a reason leads to its example", (await firstCells(page)).length === 1);

        const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
        const light = await background();
        await page.click("#theme");
        ok("timeline: the button changes the colours", light !== (await background()));
        same("timeline: and is pressed", await page.getAttribute("#theme", "aria-pressed"), "true");
        ok("timeline: nothing is wider than the window", await fits(page));
        same(
            "timeline: every picture and control has a name",
            await page.$$eval("canvas, button, input, select, #time-chart svg", (all) =>
                all
                    .filter((each) => !each.getAttribute("aria-label") && !each.textContent.trim())
                    .map((each) => each.outerHTML.slice(0, 80)),
            ),
            [],
        );
    });
    await open(
        "timeline in the dark, 800 wide",
        file,
        { viewport: { width: 800, height: 900 }, colorScheme: "dark" },
        async (page) => {
            same(
                "dark: follows the system",
                await page.evaluate(() => document.documentElement.dataset.theme),
                "dark",
            );
            ok("800 px: nothing is wider than the window", await fits(page));
            await page.emulateMedia({ media: "print" });
            ok(
                "print: controls are left out",
                !(await page.isVisible("#pods-search")) && (await page.isVisible("#story")),
            );
        },
    );
}

async function nobodyWaits() {
    const file = join(folder, "calm.html");
    run(
        "simulate",
        "--timeline",
        "-f",
        write("calm.json", [node("a", 4, "west"), pod("p", 1, 10, 60)]),
        "--report",
        file,
    );
    await open("calm", file, {}, async (page) => {
        ok(
            "calm: the story says that nobody waited",
            (await text(page, "#story-text")).startsWith("No pod waited."),
        );
        ok("calm: there are no reasons", !(await page.isVisible("#reasons")));
    });
}

/* One pod that only a few of the nodes could take at all. */
async function oneWaits() {
    const file = join(folder, "alone.html"),
        nodes = [node("a", 4, "west"), node("b", 1, "west"), node("c", 1, "west")];
    run(
        "simulate",
        "--timeline",
        "-f",
        write("alone.json", [...nodes, pod("first", 4, 0, 60), pod("second", 3, 10, 60)]),
        "--report",
        file,
    );
    await open("alone", file, {}, async (page) => {
        const story = (await text(page, "#story-text")).replaceAll("\u00a0", " ");
        ok("alone: the pod is named", story.includes("test/second waited: always for “Insufficient cpu”"), story);
        ok(
            "alone: nodes that never could take it are counted",
            story.includes("2 of 3 nodes could not take such a pod even without the pods that they run."),
            story,
        );
    });
}

/* A budget keeps a pod on a node that is drained, with time and without. */
async function notDrained() {
    const labelled = (object) => ({ ...object, metadata: { ...object.metadata, labels: { app: "web" } } }),
        bound = labelled(pod("web", 1)),
        budget = {
            apiVersion: "policy/v1",
            kind: "PodDisruptionBudget",
            metadata: { name: "web", namespace: "test" },
            spec: { minAvailable: 1, selector: { matchLabels: { app: "web" } } },
        };
    bound.spec.nodeName = "a";
    const cluster = write("budget.json", [node("a", 4, "west"), node("b", 4, "west"), bound, budget]);
    for (const options of [[], ["--timeline"]]) {
        const file = join(folder, "drain.html");
        run("simulate", ...options, "-f", cluster, "--drain", "a", "--report", file);
        await open("drain", file, {}, async (page) => {
            const story = (await text(page, "#story-text")).replaceAll("\u00a0", " ");
            ok(
                "drain: the story says who stays, and why",
                story.includes(
                    "1 pod was not evicted from a drained node: test/web on a (PodDisruptionBudget test/web " +
                        "refuses the eviction: it needs 1 healthy pod and has 1).",
                ),
                story,
            );
        });
    }
}

/* Nothing there, or nothing happens: still a page. */
async function nearlyNothing() {
    const inputs = [[node("a", 4, "west")], [pod("p", 1)], [node("a", 4, "west"), pod("p", 1)]];
    for (const [i, objects] of inputs.entries())
        for (const time of [[], ["--timeline"]]) {
            const file = join(folder, `nothing-${i}-${time.length}.html`);
            run("simulate", ...time, "-f", write(`nothing-${i}.json`, objects), "--report", file);
            await open(`nearly nothing ${i} ${time}`, file, {}, async (page) => {
                ok("nearly nothing: there is a story", (await text(page, "#story-text")).length > 20);
                ok("nearly nothing: nothing over time", !(await page.isVisible("#time")));
            });
        }
}

/* Names and messages are data, whatever is in them. */
async function hostile() {
    const file = join(folder, "hostile.html"),
        evil = "x</script><script>alert(1)</script><img src=x onerror=alert(2)>\u0007\u2028&amp;";
    const gated = pod("gated", 1);
    gated.spec.schedulingGates = [{ name: evil }];
    const nasty = pod("p", 1);
    nasty.spec.schedulerName = evil;
    run(
        "simulate",
        "-f",
        write("hostile.json", [node("a", 4, evil), gated, nasty, pod(evil, 1)]),
        "--report",
        file,
    );
    await open("hostile", file, {}, async (page) => {
        await page.fill("#pods-search", "onerror");
        ok(
            "hostile: the name is shown as it is",
            (await firstCells(page)).some((cell) => cell.includes("<img src=x onerror=alert(2)>")),
            await firstCells(page),
        );
        same("hostile: nothing of it became an element", await page.$$eval("img", (all) => all.length), 0);
        same(
            "hostile: there are the two scripts of the page",
            await page.$$eval("script", (all) => all.length),
            2,
        );
    });
}

/* Two runs: the second packs the pods onto the fuller node. */
async function compared() {
    const file = join(folder, "compared.html"),
        config = join(folder, "packed.yaml");
    writeFileSync(
        config,
        JSON.stringify({
            apiVersion: "kubescheduler.config.k8s.io/v1",
            kind: "KubeSchedulerConfiguration",
            profiles: [
                {
                    pluginConfig: [
                        {
                            name: "NodeResourcesFit",
                            args: {
                                scoringStrategy: {
                                    type: "MostAllocated",
                                    resources: [{ name: "cpu", weight: 1 }],
                                },
                            },
                        },
                    ],
                },
            ],
        }),
    );
    const input = write("compared.json", [
        node("a", 8, "west"),
        node("b", 8, "east"),
        ...[0, 1, 2, 3].map((i) => pod(`small-${i}`, 1, 10 * i, 1000)),
        pod("large", 6, 100, 500),
        pod("huge", 7, 200, 600),
    ]);
    const result = JSON.parse(
        run("compare", "-c", config, "--timeline", "-f", input, "-o", "json", "--report", file),
    );
    await open("compared", file, {}, async (page) => {
        const row = (name) =>
            page.$$eval(
                "#summary-table tr",
                (all, wanted) =>
                    all
                        .filter((each) => each.querySelector("th")?.textContent === wanted)
                        .map((each) =>
                            [...each.querySelectorAll("td")].map((cell) => cell.firstChild.textContent),
                        )[0],
                name,
            );
        same(
            "compared: the runs are called as their files",
            await page.$$eval("#summary-table thead th", (all) => all.map((each) => each.textContent)),
            ["default", "packed.yaml"],
        );
        same(
            "compared: placed pods of both",
            await row("placed"),
            result.runs.map((each) => String(each.simulation.pods.placed + each.simulation.pods.departed)),
        );
        ok(
            "compared: a difference says whether it is for the better",
            (await page.$$eval(".delta", (all) => all.map((each) => each.textContent))).some((words) =>
                words.includes("better"),
            ),
        );
        ok(
            "compared: what moved is there, with the plugin",
            (await text(page, "#moved-body")).includes("NodeResourcesFit"),
            await text(page, "#moved-body"),
        );
        ok(
            "compared: and how many pods",
            (await text(page, "#moved-body")).includes(`${result.pairs[0].movedPods} pods of 6`),
            await text(page, "#moved-body"),
        );
        ok(
            "compared: a line a run in each panel",
            (await page.$$("#time-chart .line.run-1")).length > 1 &&
                (await page.$$("#time-chart .line.run-2")).length > 1,
        );
        same(
            "compared: the table shows the pods that differ",
            await page.inputValue("#pods-filter"),
            "differs",
        );
        await page.selectOption("#pods-filter", "");
        ok("compared: or all", (await text(page, "#pods-status")).includes("of 6 pods"));
        await page.click('#nodes-controls button:has-text("packed.yaml")');
        ok("compared: nothing is wider than the window", await fits(page));
    });
}

/* Many pods: the page stays small and quick to sort. */
async function many() {
    const file = join(folder, "many.html"),
        nodes = [],
        pods = [];
    for (let i = 0; i < 400; i++) nodes.push(node(`node-${i}`, 8, `zone-${i % 4}`));
    for (let i = 0; i < 6000; i++)
        pods.push(pod(`pod-${i}`, 1 + (i % 4), i * 10, i * 10 + 500 + (i % 7) * 1000));
    run("simulate", "--timeline", "-f", write("many.json", [...nodes, ...pods]), "--report", file);
    ok("many: less than 2 MB", statSync(file).size < 2e6, statSync(file).size);
    await open("many", file, {}, async (page) => {
        await page.click('th[data-key="arrived"] button');
        same("many: sorted by number, not by text", (await firstCells(page))[0], "test/pod-5999");
        await page.click('#pods-pager button[aria-label="Last page"]');
        same("many: the last page ends with the first pod", (await firstCells(page)).pop(), "test/pod-0");
    });
}

try {
    for (const part of [instant, timeline, nobodyWaits, oneWaits, notDrained, nearlyNothing, hostile, compared, many]) {
        try {
            await part();
        } catch (error) {
            ok(`${part.name} ran to its end`, false, String(error.stack || error));
        }
    }
} finally {
    await browser.close();
    rmSync(folder, { recursive: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
