// The charts, drawn from the table behind them, again whenever the server has written it anew.

import { renewParts } from "./parts.js";
import { counted, duration } from "./words.js";

const HEIGHT_PX = 170;
const PHONE_HEIGHT_PX = 140;
const DASHES = { solid: [], dashed: [7, 4], dotted: [2, 3] };
const DAY_S = 86400;

/** What each figure draws: columns of the table, by name, look and how a value is told. */
const PLOTS = {
  throughput: {
    tell: counted,
    lines: [["succeeded", 1, "good", "solid"], ["failed", 2, "bad", "dashed"], ["tried again", 3, "warn", "dotted"]],
    isStepped: true,
  },
  latency: { tell: duration, lines: [["wait", 5, "run", "solid"], ["run", 6, "plan", "dashed"]] },
  failures: { tell: (share) => `${counted(share)} %`, lines: [["failed", 4, "bad", "solid"]], most: 100 },
};

const drawn = new Map();
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

function valueOf(cell) {
  const text = cell.dataset.s ?? cell.textContent;
  return text.trim() === "" || text.trim() === "–" ? null : Number(text);
}

/** The table's columns: the moments in seconds, then each number. */
function columns(section) {
  const rows = [...section.querySelectorAll("[data-points] tbody tr")];
  const moments = rows.map((row) => Date.parse(row.querySelector("time").dateTime) / 1000);
  const numbers = [1, 2, 3, 4, 5, 6].map((place) => rows.map((row) => valueOf(row.cells[place])));
  return [moments, ...numbers];
}

/** The same with the end of the present step, so that the last step has its width. */
function withEnd([moments, ...numbers]) {
  const end = moments.at(-1) + (moments.at(-1) - moments.at(-2));
  return [[...moments, end], ...numbers.map((each) => [...each, each.at(-1)])];
}

/** Lines where releases were first seen. */
function drawReleases(plot, section) {
  const marks = section().querySelectorAll("[data-release]");
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = colour("line-strong");
  ctx.setLineDash([4, 4]);
  ctx.lineWidth = devicePixelRatio;
  for (const mark of marks) {
    const x = plot.valToPos(Date.parse(mark.dataset.release) / 1000, "x", true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}

function moment(seconds, spanSeconds) {
  const day = spanSeconds > DAY_S ? { day: "numeric", month: "short" } : {};
  const time = spanSeconds > 30 * DAY_S ? {} : { hour: "2-digit", minute: "2-digit" };
  return new Intl.DateTimeFormat("en-GB", { ...day, ...time, hour12: false }).format(new Date(seconds * 1000));
}

function options({ tell, lines, most, isStepped }, width, section, say) {
  const axis = (more) => ({
    stroke: colour("muted"),
    grid: { stroke: colour("line"), width: 1 },
    ticks: { show: false },
    font: "11px system-ui, sans-serif",
    ...more,
  });
  const span = (plot) => plot.scales.x.max - plot.scales.x.min;
  return {
    width,
    height: width < 340 ? PHONE_HEIGHT_PX : HEIGHT_PX,
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
    scales: { y: { range: (plot, low, high) => [0, most ?? (high > 0 ? high * 1.1 : 1)] } },
    axes: [
      axis({ size: 26, space: 70, values: (plot, ticks) => ticks.map((each) => moment(each, span(plot))) }),
      axis({ size: 66, space: 34, values: (plot, ticks) => ticks.map((each) => (each === 0 ? "0" : tell(each))) }),
    ],
    series: [{}, ...lines.map(([label, , name, dash]) => ({
      label,
      stroke: colour(name),
      width: 1.75,
      dash: DASHES[dash],
      fill: isStepped && dash === "solid" ? `${colour(name)}22` : undefined,
      paths: isStepped ? uPlot.paths.stepped({ align: 1 }) : undefined,
      spanGaps: false,
      points: { show: !isStepped, size: 4, fill: colour(name) },
    }))],
    hooks: {
      draw: [(plot) => drawReleases(plot, section)],
      setCursor: [(plot) => {
        if (plot.cursor.idx === null || plot.cursor.idx === undefined) return say("");
        const at = isStepped ? Math.min(plot.cursor.idx, plot.data[0].length - 2) : plot.cursor.idx;
        const values = lines.map(([label], place) => `${tell(plot.data[place + 1][at])} ${label}`);
        return say(`${moment(plot.data[0][at], span(plot))}: ${values.join(", ")}`);
      }],
    },
  };
}

function draw(section) {
  section.classList.add("is-drawn"); // before it is measured
  const data = columns(section);
  for (const figure of section.querySelectorAll("[data-plot]")) {
    const name = figure.dataset.plot;
    const shape = PLOTS[name];
    const place = figure.querySelector("[data-own].canvas");
    const width = place.clientWidth;
    const chosen = [data[0], ...shape.lines.map(([, column]) => data[column])];
    const own = shape.isStepped ? withEnd(chosen) : chosen;
    let plot = drawn.get(name);
    if (!plot) {
      const say = (words) => { document.querySelector(`[data-plot="${name}"] [data-at]`).textContent = words; };
      plot = new uPlot(options(shape, width, () => document.querySelector("[data-charts]"), say), own);
      plot.root.setAttribute("aria-hidden", "true"); // the table has the same
      drawn.set(name, plot);
    } else {
      plot.setData(own);
    }
    if (plot.root.parentElement !== place) place.append(plot.root);
    if (plot.width !== width && width > 0) plot.setSize({ width, height: plot.height });
  }
}

/** Another span or percentile, in place; the address tells it. */
function swap(event) {
  const link = event.target.closest("[data-charts] a[data-swap]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  history.pushState(null, "", link.href);
  renewParts().catch(() => location.assign(link.href));
}

export function startCharts() {
  const section = () => document.querySelector("[data-charts]");
  if (!section() || typeof uPlot === "undefined") return;
  draw(section());
  const again = () => {
    for (const plot of drawn.values()) plot.destroy();
    drawn.clear();
    draw(section());
  };
  document.addEventListener("parts:renewed", () => draw(section()));
  document.addEventListener("click", swap);
  window.addEventListener("popstate", () => renewParts().catch(() => location.reload()));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  new ResizeObserver(() => draw(section())).observe(section());
}
