// Single keys on the tasks list and on the page of a task. They lead to what is on the page anyway,
// never do anything that a click would not ask about first, and can be turned off (WCAG 2.1.4).

import { explainKeys, lead, startKeys } from "../keyboard.js";

const rows = () => [...document.querySelectorAll("#result_list tbody tr")];
const linkOf = (row) => row.querySelector(".field-task_type a");
const boxOf = (row) => row.querySelector("input.action-select");
const current = () => document.activeElement?.closest("#result_list tbody tr");

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

function explain() {
  const words = document.querySelector("[data-key-explain]");
  const link = current() && linkOf(current());
  if (words) words.focus();
  else if (link) location.assign(new URL("#explain", link.href));
}

startKeys({
  "/": () => document.getElementById("searchbar")?.focus(),
  j: () => move(1),
  k: () => move(-1),
  x: () => current() && boxOf(current())?.click(),
  r: () => lead("r") || act("requeue_selected"),
  c: () => lead("c") || act("cancel_selected"),
  e: () => lead("e"),
  ".": explain,
  "?": explainKeys,
});
