// A socket that comes back by itself, and the words that tell how fresh the page is.

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 20000;
const POLL_MS = 3000;
// The server tells the numbers every 2 s; after this silence they are old.
const STALE_MS = 6000;

/** Codes after which asking again would get the same answer. */
const isFinal = (code) => code === 1000 || (code >= 4400 && code < 4500);

/**
 * Keep a socket open. `told` gets each message; `closed` gets the code when it will not come back.
 * The state is shown in the page's header: live, polling, stale.
 */
export function listen(path, { told, poll = null, closed = () => {} }) {
  const sign = document.querySelector("[data-connection]");
  const words = document.querySelector("[data-connection-words]");
  let wait = FIRST_WAIT_MS;
  let open = false;
  let heardAt = 0;
  let ended = false;
  let polling = false;

  const show = (state, text) => {
    if (sign.dataset.connection !== state) sign.dataset.connection = state;
    if (words.textContent !== text) words.textContent = text;
    document.documentElement.classList.toggle("is-stale", state === "stale");
  };
  const hear = (message) => {
    heardAt = Date.now();
    told(message);
  };
  const connect = () => {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}${path}`);
    socket.addEventListener("open", () => {
      open = true;
    });
    socket.addEventListener("message", (event) => {
      wait = FIRST_WAIT_MS;
      hear(JSON.parse(event.data));
    });
    socket.addEventListener("close", (event) => {
      open = false;
      if (isFinal(event.code)) {
        ended = true;
        closed(event.code);
        return;
      }
      // Spread, so that a restarted server is not met by all its pages at once.
      setTimeout(connect, wait * (0.5 + Math.random()));
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    });
  };
  const ask = async () => {
    if (!poll || open || ended || polling || document.hidden) return;
    polling = true;
    try {
      await poll();
      heardAt = Date.now();
    } catch {
      // The header says how old the page is; the next turn asks again.
    }
    polling = false;
  };
  const look = () => {
    if (ended) return;
    const age = Date.now() - heardAt;
    if (!heardAt) return;
    if (open && (age < STALE_MS || !poll)) show("live", "Live");
    else if (age < STALE_MS) show("polling", "Polling");
    else show("stale", `No data since ${Math.round(age / 1000)} s`);
  };
  document.documentElement.classList.add("is-live");
  connect();
  setInterval(look, 500);
  setInterval(ask, POLL_MS);
  return { show };
}
