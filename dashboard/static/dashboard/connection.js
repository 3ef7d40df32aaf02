// What a page is told over a socket, and the words that tell how fresh it is.

import { keepOpen } from "../jobs/socket.js";

const POLL_MS = 3000;
// After so many silent beats the numbers are old.
const SILENT_BEATS = 3;
const SHORTEST_STALE_MS = 6000;

/** What a poll throws when the server says that its database is away. */
export class DatabaseAway extends Error {}

const clock = (moment) => new Date(moment).toLocaleTimeString("en-GB");

/**
 * Keep a socket open. `told` gets each message; `closed` gets the code when it will not come back.
 * A socket that `beats` is silent only when nobody publishes; `poll` then asks in its place.
 * The state is shown in the page's header: live, alone, polling, stale. A message's `fault` says
 * what is away at the server; `at`, of when its numbers are.
 */
export function listen(path, { told, poll = null, beats = true, closed = () => {} }) {
  const sign = document.querySelector("[data-connection]");
  const words = document.querySelector("[data-connection-words]");
  const said = document.querySelector("[data-connection-said]");
  let staleMs = SHORTEST_STALE_MS;
  let open = false;
  let heardAt = 0;
  let toldAt = 0;
  let fault = "";
  let numbersAt = null;
  let ended = false;
  let polling = false;

  // `aloud` is what a screen reader says: it does not count the seconds.
  const show = (state, text, aloud = text) => {
    if (sign.dataset.connection !== state) sign.dataset.connection = state;
    if (words.textContent !== text) words.textContent = text;
    if (said.textContent !== aloud) said.textContent = aloud;
    document.documentElement.classList.toggle("is-stale", state === "stale");
  };
  const note = (message) => {
    fault = message?.fault ?? "";
    numbersAt = message?.at ?? null;
    if (message?.beat_seconds) {
      staleMs = Math.max(SHORTEST_STALE_MS, SILENT_BEATS * 1000 * message.beat_seconds);
    }
  };
  const hear = (message) => {
    heardAt = toldAt = Date.now();
    note(message);
    told(message);
  };
  const isSilent = () => !open || (beats && Date.now() - toldAt > staleMs);
  const ask = async () => {
    if (!poll || !isSilent() || ended || polling || document.hidden) return;
    polling = true;
    try {
      note(await poll());
      heardAt = Date.now();
    } catch (error) {
      // The next turn asks again; until then the header says how old the page is.
      if (error instanceof DatabaseAway) fault = "database";
    }
    polling = false;
  };
  const look = () => {
    if (ended || !heardAt) return;
    const age = Date.now() - heardAt;
    const seconds = Math.round(age / 1000);
    if (fault === "database") {
      const old = `Database away: numbers of ${clock(numbersAt ?? heardAt)}`;
      show("stale", old);
    } else if (!isSilent()) {
      show(fault ? "alone" : "live", fault === "redis" ? "Live, Redis away" : "Live");
    } else if (age < staleMs) {
      show("polling", "Polling");
    } else if (open) {
      show("stale", `No publisher since ${seconds} s`, "No publisher: the numbers are old");
    } else {
      show("stale", `No data since ${seconds} s`, "No data: the numbers are old");
    }
  };
  document.documentElement.classList.add("is-live");
  keepOpen(path, {
    told: hear,
    changed: (isOpen) => { open = isOpen; },
    closed: (code) => {
      ended = true;
      closed(code);
    },
  });
  setInterval(look, 500);
  setInterval(ask, POLL_MS);
  return { show };
}
