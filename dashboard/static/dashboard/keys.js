// Single keys of every page of the dashboard. They lead to what is on the page anyway; none does
// anything by itself.

import { explainKeys, lead, startKeys } from "../jobs/keyboard.js";

const ROWS = "main tbody tr";
const linkOf = (row) => row.querySelector("a[href]");

function move(by) {
  const rows = [...document.querySelectorAll(ROWS)].filter((row) => linkOf(row)?.offsetParent);
  if (!rows.length) return;
  const at = rows.indexOf(document.activeElement?.closest(ROWS));
  const next = at < 0 ? (by > 0 ? 0 : rows.length - 1) : at + by;
  const link = rows[next] && linkOf(rows[next]);
  link?.focus();
  link?.scrollIntoView({ block: "nearest" });
}

const places = ["g o", "g q", "g t", "g w", "g s", "/", "r", "c", "."];

startKeys({
  ...Object.fromEntries(places.map((key) => [key, () => lead(key)])),
  j: () => move(1),
  k: () => move(-1),
  "?": explainKeys,
});
