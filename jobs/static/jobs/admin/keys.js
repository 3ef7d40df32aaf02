// Single keys on the tasks list and on the page of a task. They lead to what is on the page anyway,
// never do anything that a click would not ask about first, and can be turned off (WCAG 2.1.4).

const STORED = "jobs.keys";
const TYPES_OF_NO_TEXT = new Set(["checkbox", "radio", "button", "submit"]);

const dialog = document.querySelector("dialog[data-keys]");
const opener = document.querySelector("[data-keys-open]");
const rows = () => [...document.querySelectorAll("#result_list tbody tr")];
const linkOf = (row) => row.querySelector(".field-task_type a");
const boxOf = (row) => row.querySelector("input.action-select");
const current = () => document.activeElement?.closest("#result_list tbody tr");

function remembered() {
  try { return localStorage.getItem(STORED); } catch { return null; }
}

function remember(isOn) {
  try { localStorage.setItem(STORED, isOn ? "on" : "off"); } catch { /* for this page only */ }
}

let isOn = remembered() !== "off";

function move(by) {
  const all = rows();
  if (!all.length) return;
  const at = all.indexOf(current());
  const next = at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by;
  const link = all[next] && linkOf(all[next]);
  link?.focus();
  link?.scrollIntoView({ block: "nearest" });
}

/** Ask for an action on the ticked rows, or on the current one; the page that follows asks again. */
function act(action) {
  const select = document.querySelector("#changelist-form select[name=action]");
  if (![...(select?.options ?? [])].some((option) => option.value === action)) return;
  if (!rows().some((row) => boxOf(row)?.checked)) {
    const box = current() && boxOf(current());
    if (!box) return;
    box.click();
  }
  select.value = action;
  select.form.querySelector("button[name=index]").click();
}

/** What stands on the page for a key: a link is followed, a button waits for Enter. */
function lead(key) {
  const there = document.querySelector(`[data-key="${key}"]`);
  if (there?.matches("a[href]")) there.click();
  else there?.focus();
  return there !== null;
}

function explain() {
  const words = document.querySelector("[data-key-explain]");
  const link = current() && linkOf(current());
  if (words) words.focus();
  else if (link) location.assign(new URL("#explain", link.href));
}

const KEYS = {
  "/": () => document.getElementById("searchbar")?.focus(),
  j: () => move(1),
  k: () => move(-1),
  x: () => current() && boxOf(current())?.click(),
  r: () => lead("r") || act("requeue_selected"),
  c: () => lead("c") || act("cancel_selected"),
  e: () => lead("e"),
  ".": explain,
  "?": () => dialog?.showModal(),
};

function isTyping(target) {
  if (target.isContentEditable || target.matches("textarea, select")) return true;
  return target.matches("input") && !TYPES_OF_NO_TEXT.has(target.type);
}

document.addEventListener("keydown", (event) => {
  if (!isOn || event.defaultPrevented || event.isComposing) return;
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (document.querySelector("dialog[open]") || isTyping(event.target)) return;
  if (!Object.hasOwn(KEYS, event.key)) return;
  event.preventDefault();
  KEYS[event.key]();
});

if (dialog && opener) {
  const box = dialog.querySelector("[data-keys-on]");
  box.checked = isOn;
  box.addEventListener("change", () => { isOn = box.checked; remember(isOn); });
  opener.hidden = false;
  opener.addEventListener("click", () => dialog.showModal());
  dialog.querySelector("[data-keys-close]").addEventListener("click", () => dialog.close());
}
