// A socket that comes back by itself.

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 20000;
const TOO_MANY = 4429;

/** Codes after which asking again would get the same answer; 4429 may pass. */
const isFinal = (code) => code === 1000 || (code >= 4400 && code < 4500 && code !== TOO_MANY);

/**
 * Keep a socket open. `told` gets each message, `changed` whether it is open whenever that changes,
 * and `closed` the code when it will not come back.
 */
export function keepOpen(path, { told, changed = () => {}, closed = () => {} }) {
  let wait = FIRST_WAIT_MS;
  const connect = () => {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}${path}`);
    socket.addEventListener("open", () => changed(true));
    socket.addEventListener("message", (event) => {
      wait = FIRST_WAIT_MS;
      told(JSON.parse(event.data));
    });
    socket.addEventListener("close", ({ code }) => {
      changed(false);
      if (isFinal(code)) {
        closed(code);
        return;
      }
      if (code === TOO_MANY) wait = LONGEST_WAIT_MS;
      // Spread, so that a restarted server is not met by all its pages at once.
      setTimeout(connect, wait * (0.5 + Math.random()));
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    });
  };
  connect();
}
