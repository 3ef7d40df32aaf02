// The newest tasks: rows change in place; new ones come in only while nobody is at the table.

import { keepOpen } from "../jobs/socket.js";

const REFRESH_MS = 1000;
// Whoever changes rows asks once a second whether somebody watches: what changed before that was
// told to nobody.
const UNTOLD_MS = 1500;

export function startRows(section) {
  const body = section.querySelector("[data-rows]");
  const chip = section.querySelector("[data-new]");
  const unseen = new Set();
  let refreshing = false;

  const rowOf = (id) => body.querySelector(`tr[data-task="${CSS.escape(id)}"]`);
  const newestShown = () => body.querySelector("tr[data-task]")?.dataset.task ?? "";
  const isBusy = () => section.matches(":hover, :focus-within") || document.hidden;

  const patch = (row, task) => {
    if (row.dataset.status !== task.status) {
      row.dataset.status = task.status;
      const badge = section.querySelector(`template[data-badge="${CSS.escape(task.status)}"]`);
      row.querySelector('[data-cell="status"]').replaceChildren(badge.content.cloneNode(true));
      row.classList.remove("changed");
      void row.offsetWidth; // starts the animation again
      row.classList.add("changed");
    }
    const write = (cell, text) => {
      const place = row.querySelector(`[data-cell="${cell}"]`);
      if (place.textContent.trim() !== text) place.textContent = text;
    };
    write("retries", String(task.retry_count));
    write("worker", task.worker || "–");
    const bar = row.querySelector("progress");
    bar.hidden = task.status !== "STARTED" || task.percent === null;
    bar.value = task.percent ?? 0;
  };
  const showChip = () => {
    chip.hidden = !unseen.size;
    if (unseen.size) chip.textContent = `${unseen.size} new: show`;
  };
  const refresh = async () => {
    if (refreshing) return;
    refreshing = true;
    try {
      const answer = await fetch(section.dataset.tasks, { headers: { "X-Fragment": "1" } });
      if (answer.ok && !answer.redirected) {
        body.innerHTML = await answer.text();
        unseen.clear();
        showChip();
      }
    } catch {
      // The header tells that the server is away; the chip stays.
    }
    refreshing = false;
  };
  const told = ({ tasks }) => {
    for (const task of tasks) {
      const row = rowOf(task.task_id);
      if (row) patch(row, task);
      // Ids carry their time of creation: what sorts after the newest row is new.
      else if (task.task_id > newestShown()) unseen.add(task.task_id);
    }
    showChip();
  };
  chip.addEventListener("click", refresh);
  setInterval(() => {
    if (unseen.size && !isBusy()) refresh();
  }, REFRESH_MS);

  /** `catchUp` reads the rows that are shown, and changes them in place. */
  const listen = (catchUp) => {
    let expected = null;
    let hasBeenOpen = false;
    keepOpen("/ws/feed", {
      told: (message) => {
        // More changed than was told, or a message was missed: read the rows anew.
        const missed = expected !== null && message.seq !== expected;
        expected = message.seq + 1;
        told(message);
        if ((missed || message.changed > message.tasks.length) && !isBusy()) refresh();
      },
      changed: (isOpen) => {
        if (!isOpen) return;
        expected = null;
        if (hasBeenOpen && !isBusy()) refresh();
        hasBeenOpen = true;
        setTimeout(() => catchUp().catch(() => {}), UNTOLD_MS);
      },
    });
  };
  return { told, listen };
}
