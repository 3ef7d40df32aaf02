// Parts of a page, written anew by the server: each `data-part` is replaced when it tells something
// else. What is opened stays open, what has the focus keeps it, what is selected is left alone.

import { DatabaseAway } from "./connection.js";

const bare = (part) => {
  const copy = part.cloneNode(true);
  for (const time of copy.querySelectorAll("time")) time.textContent = "";
  for (const item of copy.querySelectorAll("details")) item.open = false;
  for (const item of copy.querySelectorAll("[data-own]")) item.textContent = ""; // the page's own
  return copy.innerHTML;
};

/** Where the focus is within a part, in words that find it again in a newer one. */
function focusIn(part) {
  const active = document.activeElement;
  if (!part.contains(active) || active === part) return null;
  const same = (item) => item.tagName === active.tagName
    && (active.id ? item.id === active.id : item.getAttribute("href") === active.getAttribute("href")
      && item.textContent === active.textContent);
  return () => [...part.querySelectorAll(active.tagName)].find(same)?.focus({ preventScroll: true });
}

const isSelectedFrom = (part) => {
  const selection = document.getSelection();
  return selection && !selection.isCollapsed && selection.containsNode(part, true);
};

function replace(part, fresh) {
  if (!fresh || isSelectedFrom(part) || bare(part) === bare(fresh)) return;
  for (const item of part.querySelectorAll("details[id]")) {
    const twin = fresh.querySelector(`#${CSS.escape(item.id)}`);
    if (twin) twin.open = item.open;
  }
  const focus = focusIn(part);
  part.replaceChildren(...fresh.childNodes);
  focus?.();
}

/** Ask for this page's fragment and renew its parts. Throws when the server does not give it. */
export async function renewParts() {
  const answer = await fetch(location.href, { headers: { "X-Fragment": "1" } });
  if (answer.status === 503) throw new DatabaseAway();
  if (!answer.ok || answer.redirected) throw new Error(`${location.pathname}: ${answer.status}`);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-part]")) {
    replace(part, fresh.querySelector(`[data-part="${CSS.escape(part.dataset.part)}"]`));
  }
  document.dispatchEvent(new Event("parts:renewed"));
}

/** What a message of the numbers tells, without what changes by itself. */
const gist = (stats) => JSON.stringify(stats, (key, value) =>
  ["seq", "at", "beat_seconds", "heartbeat_age_seconds", "oldest_waiting_seconds"].includes(key) ? undefined : value);

/**
 * Renews the parts when a message of the numbers tells something new, at most once in `everyMs`;
 * and once in `restMs` when it does not. Never while the page is hidden.
 */
export function renewer({ everyMs = 2000, restMs = 10000 } = {}) {
  let known = "";
  let wanted = true;
  let askedAt = Date.now();
  let asking = false;
  return async (stats) => {
    const told = gist(stats);
    wanted ||= told !== known;
    known = told;
    const since = Date.now() - askedAt;
    if (asking || document.hidden || since < (wanted ? everyMs : restMs)) return;
    asking = true;
    wanted = false;
    askedAt = Date.now();
    await renewParts().catch(() => { wanted = true; });
    asking = false;
  };
}
