// The strip of numbers, the rows of the tasks list and the page of one task, kept present by the
// sockets; the page of an operation, asked for again. Without this script, or without a socket, the pages tell the time of their numbers.

import { replaceParts, same } from "../parts.js";
import { keepOpen } from "../socket.js";

// The server tells the numbers every 2 s: after three silences they are old.
const STALE_MS = 7000;
const ROWS_EVERY_MS = 2000;
const ROWS_WITHOUT_SOCKET_MS = 10000;
// Whoever changes rows asks once a second whether somebody watches: what changed before that was
// told to nobody.
const UNTOLD_MS = 1500;
const PAGE_EVERY_MS = 5000;
const AGAIN_MS = 1000;

const number = new Intl.NumberFormat("en-GB");

const clock = (moment) => new Date(moment).toLocaleTimeString("en-GB");

function rendered() {
  document.dispatchEvent(new Event("jobs:rendered"));
}

// The strip

function startStrip(strip) {
  const said = strip.querySelector("[data-strip-state]");
  let last = 0;
  const say = (state, words) => {
    if (strip.dataset.state === state) return;
    strip.dataset.state = state;
    said.textContent = words;
  };
  const show = (name, count, more = "") => {
    const cell = strip.querySelector(`[data-count="${name}"]`);
    const text = number.format(count) + more;
    if (cell && cell.textContent !== text) cell.textContent = text;
    cell?.toggleAttribute("data-zero", count === 0);
  };
  const told = (stats) => {
    if (stats.type !== "stats") return;
    if (stats.fault !== "database") last = Date.now();
    const waiting = Object.keys(stats).filter((name) => name.startsWith("queued_"));
    show("waiting", waiting.reduce((sum, name) => sum + stats[name], 0));
    show("running", stats.active_tasks);
    show("retrying", stats.retrying);
    show("scheduled", stats.scheduled);
    show("failed", stats.failed_tasks, stats.failed_tasks_more ? "+" : "");
    show("succeeded", stats.success_tasks);
    show("workers", stats.workers_online);
    if (stats.fault === "database") say("stale", `Database away: numbers of ${clock(stats.at)}`);
    else say("live", "Live");
  };
  const check = () => {
    if (!last || Date.now() - last < STALE_MS) return;
    say("stale", `No news since ${clock(last)}: the numbers are old. Connecting again…`);
  };
  keepOpen("/ws/stats", { told });
  setInterval(check, 1000);
}

// The tasks list

function startList(list) {
  const chip = document.querySelector("[data-new-rows]");
  let connected = false;
  let wanted = false;
  let asking = false;
  let askedAt = Date.now();

  const cells = () => [...list.querySelectorAll("[data-task][data-column]")];
  const ask = async () => {
    const ids = [...new Set(cells().map((cell) => cell.dataset.task))];
    const query = new URLSearchParams(location.search);
    query.delete("before");
    query.delete("after");
    query.set("shown", ids.join(","));
    if (list.dataset.newest) query.set("newest", list.dataset.newest);
    const answer = await fetch(`${list.dataset.liveList}?${query}`, {
      headers: { Accept: "application/json" },
      credentials: "same-origin",
    });
    if (!answer.ok) return;
    const { rows, new: count } = await answer.json();
    for (const cell of cells()) put(cell, rows[cell.dataset.task]?.[cell.dataset.column]);
    if (chip && !("olderPage" in list.dataset)) {
      chip.hidden = !count;
      chip.textContent = count ? chip.dataset.words.replace("{count}", count) : "";
    }
    rendered();
  };
  const due = () => {
    const since = Date.now() - askedAt;
    return (wanted && since >= ROWS_EVERY_MS) || (!connected && since >= ROWS_WITHOUT_SOCKET_MS);
  };
  const tick = async () => {
    if (asking || document.hidden || !due()) return;
    asking = true;
    wanted = false;
    askedAt = Date.now();
    await ask().catch(() => {});
    asking = false;
  };
  keepOpen("/ws/feed", {
    told: () => { wanted = true; },
    changed: (open) => {
      connected = open;
      wanted = true;
      if (open) setTimeout(() => { wanted = true; }, UNTOLD_MS);
    },
  });
  setInterval(tick, 500);
}

/** Renew one cell in place, if it changed; never under somebody's keyboard. */
function put(cell, html) {
  if (html === undefined || cell.contains(document.activeElement)) return;
  const fresh = new DOMParser().parseFromString(html, "text/html").body.firstElementChild;
  if (!fresh || same(cell, fresh)) return;
  cell.replaceChildren(...fresh.childNodes);
  cell.classList.remove("jobs-fresh");
  if (cell.dataset.column === "state_badge") cell.classList.add("jobs-fresh");
}

// The page of one task

function startTask(page) {
  let asking = false;
  let again = false;
  const ask = async () => {
    if (asking) { again = true; return; }
    asking = true;
    const answer = await fetch(location.pathname, { credentials: "same-origin" });
    if (answer.ok) renew(page, await answer.text());
    asking = false;
    if (again) { again = false; setTimeout(ask, AGAIN_MS); }
  };
  let first = true;
  keepOpen(`/ws/tasks/${page.dataset.liveTask}`, {
    told: ({ event }) => {
      if (event === "connected" && first) { first = false; return; }
      ask().catch(() => { asking = false; });
    },
  });
}

// Pages of numbers, read again as long as somebody looks

function startPage(page) {
  let asking = false;
  setInterval(async () => {
    if (asking || document.hidden) return;
    // A page that says when it is at its end is then left as it is.
    if (page.dataset.livePage === "moving" && !page.querySelector("[data-live-again]")) return;
    asking = true;
    await fetch(location.href, { credentials: "same-origin" }).then(async (answer) => {
      if (answer.ok && !answer.redirected) renew(page, await answer.text());
    }).catch(() => {});
    asking = false;
  }, PAGE_EVERY_MS);
}

function renew(page, html) {
  replaceParts(page, new DOMParser().parseFromString(html, "text/html"));
  rendered();
}

document.querySelectorAll("[data-live-strip]").forEach(startStrip);
document.querySelectorAll("[data-live-list]").forEach(startList);
document.querySelectorAll("[data-live-task]").forEach(startTask);
document.querySelectorAll("[data-live-page]").forEach(startPage);

// Drop-down filters apply at once; the button stays for those without this script.
document.querySelectorAll("form[data-submit-on-change] select").forEach((select) => {
  select.addEventListener("change", () => select.form.requestSubmit());
});
