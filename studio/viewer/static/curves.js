// Curves that answer to pointer and keys, drawn by uPlot where the server drew a picture. Without this file the picture stays.
import { Patient } from "/static/patient.js";

const place = document.querySelector("[data-curves]");
const ink = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
let plots = [];

const padded = (line, length) => Array.from({ length }, (_, n) => line.values[n] ?? null);

// A curve with a filled point for each first take and a hollow one for each retake.
const curve = (line, many) => ({
  label: line.name,
  stroke: () => ink(`ink${line.ink % 6}`),
  width: line.ink && many ? 1.5 : 2.5,
  spanGaps: false,
  value: (_plot, value) => (value === null || value === undefined ? "–" : value.toPrecision(3)),
  points: {
    show: true,
    size: line.ink && many ? 6 : 9,
    width: 2,
    stroke: () => ink(`ink${line.ink % 6}`),
    fill: () => ink(`ink${line.ink % 6}`),
    filter: (plot, series, show) => (show ? first(plot, series, line) : null),
  },
});

const first = (plot, series, line) =>
  plot.data[series].map((value, n) => (value !== null && !line.retakes[n] ? n : -1)).filter((n) => n >= 0);

const hollow = (lines) => (plot) => {
  const context = plot.ctx;
  context.save();
  lines.forEach((line, k) => {
    if (!plot.series[k + 1].show) return;
    plot.data[k + 1].forEach((value, n) => {
      if (value === null || !line.retakes[n]) return;
      context.beginPath();
      const size = (line.ink ? 3 : 4.5) * devicePixelRatio;
      context.arc(plot.valToPos(n, "x", true), plot.valToPos(value, "y", true), size, 0, 2 * Math.PI);
      context.fillStyle = ink("wall");
      context.strokeStyle = ink(`ink${line.ink % 6}`);
      context.lineWidth = 2 * devicePixelRatio;
      context.fill();
      context.stroke();
    });
  });
  context.restore();
};

const bar = (value) => (plot) => {
  if (value === null) return;
  const context = plot.ctx;
  const y = plot.valToPos(value, "y", true);
  context.save();
  context.strokeStyle = ink("good");
  context.lineWidth = 1.5 * devicePixelRatio;
  context.setLineDash([6 * devicePixelRatio, 5 * devicePixelRatio]);
  context.beginPath();
  context.moveTo(plot.bbox.left, y);
  context.lineTo(plot.bbox.left + plot.bbox.width, y);
  context.stroke();
  context.restore();
};

const axis = (more) => ({
  stroke: () => ink("soft"),
  grid: { stroke: () => ink("line"), width: 1 },
  ticks: { show: false },
  font: "13px system-ui, sans-serif",
  ...more,
});

// The take of the curve that is nearest to the pointer, or of the first that has one there.
const under = (plot, chart, n) => {
  const top = plot.cursor.top ?? 0;
  const there = chart.lines
    .map((line, k) => ({ line, away: Math.abs(plot.valToPos(line.values[n], "y") - top), shown: plot.series[k + 1].show }))
    .filter(({ line, shown }) => shown && (line.values[n] ?? null) !== null);
  there.sort((a, b) => a.away - b.away);
  return there[0] && there[0].line;
};

const open = (plot, chart) => {
  const n = plot.cursor.idx;
  const line = n === null || n === undefined ? null : under(plot, chart, n);
  if (line) location.assign(line.links[n]);
};

const keys = (plot, chart, said) => (event) => {
  const last = chart.labels.length - 1;
  const now = plot.cursor.idx;
  const to = { ArrowRight: now === null ? 0 : Math.min(last, now + 1), ArrowLeft: now === null ? last : Math.max(0, now - 1), Home: 0, End: last };
  if (event.key === "Enter") open(plot, chart);
  else if (event.key in to) {
    const n = to[event.key];
    const line = chart.lines.find((each) => (each.values[n] ?? null) !== null);
    plot.setCursor({ left: plot.valToPos(n, "x"), top: line ? plot.valToPos(line.values[n], "y") : 0 });
    const values = chart.lines.filter((each) => (each.values[n] ?? null) !== null);
    said.textContent = `${chart.labels[n]}: ${values.map((each) => `${each.name} ${each.values[n].toPrecision(3)}`).join(", ")}`;
  } else return;
  event.preventDefault();
};

const draw = (figure, chart) => {
  const old = figure.querySelector(".scroll, .plot");
  const box = document.createElement("div");
  box.className = "plot";
  const count = chart.labels.length;
  const room = (chart.high - chart.low) * 0.05;
  const plot = new uPlot(
    {
      width: Math.max(240, figure.clientWidth - 32),
      height: figure.closest(".multiples") ? 220 : 340,
      legend: { live: true },
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 12 } },
      scales: { x: { time: false, range: () => [-0.3, Math.max(0.3, count - 0.7)] }, y: { range: () => [chart.low - room, chart.high + room] } },
      axes: [
        axis({ size: 34, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500], values: (_plot, at) => at.map((n) => chart.labels[n] ?? "") }),
        axis({ size: 56 }),
      ],
      series: [
        { label: "take", value: (_plot, n) => (n === null || n === undefined ? "–" : chart.labels[n]) },
        ...chart.lines.map((line) => curve(line, chart.lines.length > 2)),
      ],
      hooks: { draw: [bar(chart.bar), hollow(chart.lines)] },
    },
    [chart.labels.map((_label, n) => n), ...chart.lines.map((line) => padded(line, count))],
    box,
  );
  const said = document.createElement("p");
  said.className = "hidden";
  said.setAttribute("role", "status");
  box.append(said);
  box.tabIndex = 0;
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", `Chart: ${chart.title}. Arrow keys go from take to take, Enter opens it.`);
  box.addEventListener("keydown", keys(plot, chart, said));
  plot.over.addEventListener("click", () => open(plot, chart));
  const legend = figure.querySelector(".legend");
  if (legend) legend.querySelectorAll("li:not(.bar)").forEach((item) => item.remove());
  const held = old.contains(document.activeElement);
  old.replaceWith(box);
  if (held) box.focus();
  plots.push([plot, figure]);
};

let known = "";

// Draw what there is to be drawn, unless it is what is drawn already; charts that come first come with the page.
const refresh = async () => {
  const answer = await fetch(place.dataset.curves);
  if (!answer.ok) return; // what is there stays
  const text = await answer.text();
  if (text === known) return;
  known = text;
  const charts = JSON.parse(text);
  const figures = [...place.querySelectorAll("[data-chart]")];
  if (charts.length !== figures.length) return location.reload();
  plots.forEach(([plot]) => plot.destroy());
  plots = [];
  charts.forEach((chart, n) => draw(figures[n], chart));
};

const start = async () => {
  await refresh();
  new ResizeObserver(() => {
    for (const [plot, figure] of plots) plot.setSize({ width: Math.max(240, figure.clientWidth - 32), height: plot.height });
  }).observe(place);
  matchMedia("(prefers-color-scheme: light)").addEventListener("change", () => plots.forEach(([plot]) => plot.redraw()));
  if (place.dataset.live) new Patient(place.dataset.live).addEventListener("update", refresh);
};

if (place && window.uPlot) start();
