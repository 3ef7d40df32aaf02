// Single keys on a page, and sequences of two. They can be turned off (WCAG 2.1.4), for this browser
// and for every page that has some.

const STORED = "jobs.keys";
const TYPES_OF_NO_TEXT = new Set(["checkbox", "radio", "button", "submit"]);
// How long the first of two keys is remembered.
const PAUSE_MS = 1500;

const dialog = document.querySelector("dialog[data-keys]");
const opener = document.querySelector("[data-keys-open]");

function remembered() {
  try { return localStorage.getItem(STORED); } catch { return null; }
}

function remember(isOn) {
  try { localStorage.setItem(STORED, isOn ? "on" : "off"); } catch { /* for this page only */ }
}

/** Show the page's dialog of its keys. */
export function explainKeys() {
  dialog?.showModal();
}

/** What stands on the page for a key: a link is followed, a button waits for Enter. */
export function lead(key) {
  const there = document.querySelector(`[data-key="${key}"]`);
  if (there?.matches("a[href]")) there.click();
  else there?.focus();
  return there !== null;
}

function isTyping(target) {
  if (target.isContentEditable || target.matches("textarea, select")) return true;
  return target.matches("input") && !TYPES_OF_NO_TEXT.has(target.type);
}

/** `keys` is what each does: of a key, as `j`, or of two after one another, as `g o`. */
export function startKeys(keys) {
  const firsts = new Set(Object.keys(keys).filter((key) => key.includes(" ")).map((key) => key[0]));
  let isOn = remembered() !== "off";
  let before = "";
  let beforeAt = 0;

  document.addEventListener("keydown", (event) => {
    if (!isOn || event.defaultPrevented || event.isComposing) return;
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (document.querySelector("dialog[open]") || isTyping(event.target)) return;
    const both = `${before} ${event.key}`;
    const isSecond = before && event.timeStamp - beforeAt < PAUSE_MS && Object.hasOwn(keys, both);
    const key = isSecond ? both : event.key;
    before = !isSecond && firsts.has(event.key) ? event.key : "";
    beforeAt = event.timeStamp;
    if (!Object.hasOwn(keys, key)) return;
    event.preventDefault();
    keys[key]();
  });

  if (!dialog || !opener) return;
  const box = dialog.querySelector("[data-keys-on]");
  box.checked = isOn;
  box.addEventListener("change", () => { isOn = box.checked; remember(isOn); });
  opener.hidden = false;
  opener.addEventListener("click", explainKeys);
  dialog.querySelector("[data-keys-close]").addEventListener("click", () => dialog.close());
}
