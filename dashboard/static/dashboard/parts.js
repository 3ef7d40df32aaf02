// The parts of this page, asked for again when the numbers tell something new.

import { replaceParts } from "../jobs/parts.js";
import { DatabaseAway } from "./connection.js";

/** Ask for this page's fragment and renew its parts. Throws when the server does not give it. */
export async function renewParts() {
  const answer = await fetch(location.href, { headers: { "X-Fragment": "1" } });
  if (answer.status === 503) throw new DatabaseAway();
  if (!answer.ok || answer.redirected) throw new Error(`${location.pathname}: ${answer.status}`);
  replaceParts(document, new DOMParser().parseFromString(await answer.text(), "text/html"));
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
