// The overview, kept present: numbers, queues and workers from one socket, rows from another.

import { DatabaseAway, listen } from "./connection.js";
import { startForms } from "./forms.js";
import { startRows } from "./rows.js";
import { counted, duration, keepTime, put } from "./words.js";

const find = (selector) => document.querySelector(selector);

function showNumbers(stats) {
  for (const cell of document.querySelectorAll("[data-stat]")) {
    const more = stats[`${cell.dataset.stat}_more`] ? "+" : "";
    put(cell, counted(stats[cell.dataset.stat]) + more);
    cell.classList.toggle("zero", !stats[cell.dataset.stat]);
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
    const share = (count) => String((100 * count) / most);
    row.querySelector("rect.running").setAttribute("width", share(queue.running));
    row.querySelector("rect.pending").setAttribute("x", share(queue.running));
    row.querySelector("rect.pending").setAttribute("width", share(queue.pending));
    showPause(row.querySelector("[data-paused]"), queue.paused);
  }
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
    if (body.children[place] !== row) body.insertBefore(row, body.children[place] ?? null);
  });
  for (const row of rows.values()) row.remove();
  find("[data-no-workers]").hidden = workers.length > 0;
}

function showStats(stats) {
  showNumbers(stats);
  showQueues(stats.queues);
  showCondition(stats.condition);
  showWorkers(stats.workers);
}

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
keepTime();
