// The overview, kept present: numbers, queues and workers from one socket, rows from another.

import { startCharts } from "./charts.js";
import { DatabaseAway, listen } from "./connection.js";
import { startForms } from "./forms.js";
import { renewer } from "./parts.js";
import { startRows } from "./rows.js";
import { counted, duration, keepTime, put } from "./words.js";

const find = (selector) => document.querySelector(selector);

const TOLD = {
  duration: (seconds) => duration(seconds || null),
  percent: (share) => (share === null ? "–" : `${counted(share)} %`),
};

function showNumbers(stats) {
  for (const cell of document.querySelectorAll("[data-stat]")) {
    const value = cell.dataset.stat.split(".").reduce((part, name) => part[name], stats);
    const more = stats[`${cell.dataset.stat}_more`] ? "+" : "";
    put(cell, (TOLD[cell.dataset.as] ?? counted)(value) + more);
    cell.classList.toggle("zero", !value);
  }
}

function showQueues(queues) {
  for (const cell of document.querySelectorAll("[data-queue]")) {
    const value = queues[cell.dataset.queue]?.[cell.dataset.field];
    put(cell, cell.dataset.as === "duration" ? duration(value) : counted(value));
    cell.classList.toggle("zero", !value);
  }
  const most = Math.max(1, ...Object.values(queues).map((queue) => queue.pending + queue.running));
  for (const row of document.querySelectorAll("[data-queue-row]")) {
    const queue = queues[row.dataset.queueRow];
    if (!queue) continue;
    put(row.querySelector("[data-drain]"), drained(queue));
    const share = (count) => String((100 * count) / most);
    row.querySelector("rect.running").setAttribute("width", share(queue.running));
    row.querySelector("rect.pending").setAttribute("x", share(queue.running));
    row.querySelector("rect.pending").setAttribute("width", share(queue.pending));
    showPause(row.querySelector("[data-paused]"), queue.paused);
  }
}

/** As the server writes it: when what waits will be gone. */
function drained({ pending, drain_seconds: seconds }) {
  if (!pending) return "–";
  return seconds === null ? "not at this rate" : duration(seconds);
}

function showPause(line, paused) {
  line.hidden = !paused;
  if (!paused) return;
  put(line.querySelector("[data-by]"), paused.by || "nobody known");
  put(line.querySelector("[data-reason]"), paused.reason);
  line.querySelector("[data-since]").dateTime = paused.since;
  line.querySelector("[data-end]").hidden = !paused.until;
  if (paused.until) line.querySelector("[data-until]").dateTime = paused.until;
}

function showCondition({ status, reasons }) {
  const strip = find("[data-condition]");
  strip.classList.toggle("degraded", status === "degraded");
  strip.classList.toggle("healthy", status === "healthy");
  put(find("[data-condition-status]"), status[0].toUpperCase() + status.slice(1));
  const list = find("[data-condition-reasons]");
  const shown = [...list.children].map((item) => item.textContent);
  if (shown.join("\n") === reasons.join("\n")) return;
  list.replaceChildren(
    ...reasons.map((reason) => Object.assign(document.createElement("li"), { textContent: reason })),
  );
}

function showWorkers(workers) {
  const body = find("[data-workers]");
  const rows = new Map([...body.children].map((row) => [row.dataset.worker, row]));
  workers.forEach((worker, place) => {
    let row = rows.get(worker.name);
    if (!row) {
      row = find("[data-worker-row]").content.querySelector("tr").cloneNode(true);
      row.dataset.worker = worker.name;
    }
    rows.delete(worker.name);
    row.dataset.state = worker.state;
    const facts = { ...worker, queues: worker.queues.join(", ") };
    for (const cell of row.querySelectorAll("[data-cell]")) put(cell, String(facts[cell.dataset.cell]));
    showCurrent(row, worker.current);
    if (body.children[place] !== row) body.insertBefore(row, body.children[place] ?? null);
  });
  for (const row of rows.values()) row.remove();
  find("[data-no-workers]").hidden = workers.length > 0;
}

function showCurrent(row, task) {
  row.querySelector("[data-current]").hidden = !task;
  if (!task) return;
  const link = row.querySelector("[data-current-task]");
  link.setAttribute("href", `/tasks/${task.task_id}/`);
  put(link.firstElementChild, task.name);
  row.querySelector("time").dateTime = task.started_at ?? "";
}

function showStats(stats) {
  showNumbers(stats);
  showQueues(stats.queues);
  showCondition(stats.condition);
  showWorkers(stats.workers);
  renew(stats);
}

// No socket tells these: they are read again, less often.
const renew = renewer({ everyMs: 5000, restMs: 30000 });
const rows = startRows(find("[data-tasks]"));

async function poll() {
  const answer = await fetch("/live.json", { headers: { Accept: "application/json" } });
  if (answer.status === 503) throw new DatabaseAway();
  if (!answer.ok) throw new Error(`live.json: ${answer.status}`);
  const { stats, tasks } = await answer.json();
  showStats(stats);
  rows.told({ tasks });
  return stats;
}

listen("/ws/stats", { told: showStats, poll });
rows.listen(poll);
startForms();
startCharts();
keepTime();
