// The page of one task: progress moves at once, every other event brings the page anew.

import { DatabaseAway, listen } from "./connection.js";
import { keepTime, put, seen } from "./words.js";

const page = document.querySelector("[data-task-page]");
const open = new Set();

function showProgress({ percent, message }) {
  const line = page.querySelector("[data-progress]");
  if (!line) return;
  line.hidden = false;
  line.querySelector("progress").value = percent ?? 0;
  const words = [percent === null || percent === undefined ? "" : `${percent} %`, seen(message ?? "")];
  put(line.querySelector("[data-progress-words]"), words.join(" ").trim());
}

const logLines = () => page.querySelector("[data-log-lines]");

/** Change the log; then its end is seen, unless somebody has scrolled back in it. */
function withLog(change) {
  const lines = logLines();
  const scrolledBack = lines && !lines.closest("[hidden]")
    && lines.scrollTop + lines.clientHeight < lines.scrollHeight - 4;
  const top = scrolledBack ? lines.scrollTop : Number.MAX_SAFE_INTEGER;
  change();
  logLines()?.scrollTo({ top, behavior: "instant" });
}

function showLog(text) {
  const lines = logLines();
  if (!lines) return;
  withLog(() => {
    lines.closest("[data-live-log]").hidden = false;
    lines.textContent = seen(text);
  });
}

async function refresh() {
  const answer = await fetch(location.pathname, { headers: { "X-Fragment": "1" } });
  if (answer.status === 503) throw new DatabaseAway();
  if (!answer.ok || answer.redirected) throw new Error(`${location.pathname}: ${answer.status}`);
  for (const item of page.querySelectorAll("details[data-keep]")) {
    if (item.open) open.add(item.dataset.keep);
    else open.delete(item.dataset.keep);
  }
  const html = await answer.text();
  const focused = document.activeElement?.closest("form")?.getAttribute("action");
  withLog(() => { page.innerHTML = html; });
  page.dataset.ended = page.querySelector("[data-ended]").dataset.ended;
  for (const item of page.querySelectorAll("details[data-keep]")) item.open = open.has(item.dataset.keep);
  if (focused) page.querySelector(`form[action="${CSS.escape(focused)}"] button`)?.focus();
}

function told(event) {
  if (event.event === "progress") showProgress(event.data);
  else if (event.event === "log") showLog(event.data.log_tail);
  else if (event.event !== "connected" || event.data.status !== page.querySelector("[data-status]").dataset.status) {
    refresh().catch(() => {});
  }
}

logLines()?.scrollTo({ top: Number.MAX_SAFE_INTEGER, behavior: "instant" });
keepTime();
if (page.dataset.ended === "no") {
  const connection = listen(`/ws/tasks/${page.dataset.taskPage}`, {
    told,
    poll: refresh,
    beats: false,
    closed: (code) => connection.show("none", code === 1000 ? "Ended" : "Not live"),
  });
} else {
  put(document.querySelector("[data-connection-words]"), "Ended");
}
