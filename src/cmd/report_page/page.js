/* Puts the parts on the page, and draws again what depends on its width and colours. */

function applyTheme(theme) {
    document.documentElement.dataset.theme = theme;
    const button = byId("theme"),
        dark = theme === "dark";
    button.setAttribute("aria-pressed", String(dark));
    button.textContent = dark ? "Light" : "Dark";
    button.setAttribute("aria-label", dark ? "Switch to light colours" : "Switch to dark colours");
}

function startTheme() {
    const system = window.matchMedia("(prefers-color-scheme: dark)");
    let chosen = false;
    const follow = () => {
        if (!chosen) applyTheme(system.matches ? "dark" : "light");
    };
    follow();
    system.addEventListener("change", () => {
        follow();
        redraw();
    });
    byId("theme").addEventListener("click", () => {
        chosen = true;
        applyTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark");
        redraw();
    });
}

const redraw = () => view.listeners.forEach((listener) => listener());

function startTitle() {
    const nodes = Math.max(
        0,
        ...runs.map((run) => (run.timed ? Math.max(0, ...run.series.nodes) : run.nodes.length)),
    );
    const total = runs[0].pods.total,
        title = report.title || (comparing ? runs.map((run) => run.name).join(" and ") : "Report");
    document.title = `${title} – berth ${report.command}`;
    byId("command").textContent = report.command;
    byId("title").textContent = title;
    byId("subtitle").textContent = [
        plural(total, "pod"),
        plural(nodes, "node"),
        ...(timed ? [duration(span)] : []),
        ...(report.notes || []),
    ].join(" · ");
    byId("made-by").textContent =
        `Made by berth ${report.version}. This file holds everything it shows and loads nothing.`;
}

startTheme();
startTitle();
if (comparing) startComparison();
else headline(runs[0]);
drawStory();
if (timed) startTimeline();
startNodes();
startWaiting();
startReasons();
startPods();
redraw();

let widthSeen = window.innerWidth;
window.addEventListener("resize", () => {
    if (window.innerWidth === widthSeen) return;
    widthSeen = window.innerWidth;
    window.requestAnimationFrame(redraw);
});
