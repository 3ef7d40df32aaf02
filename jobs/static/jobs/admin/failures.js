// The failures' list and the page of a group, kept present by asking for them again. Nothing moves
// under the cursor: cells and parts change in their places, new groups wait behind a link. Without
// this script the pages are as complete, and as old as they are.

const EVERY_MS = 5000;

async function fresh() {
  const response = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!response.ok || response.redirected) throw new Error(String(response.status));
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

/** Put what the fresh page says in the place of what stands here, but not under the focus. */
function renew(here, there) {
  if (!there || here.contains(document.activeElement) || here.innerHTML === there.innerHTML) return;
  here.innerHTML = there.innerHTML;
  document.dispatchEvent(new Event("jobs:rendered"));
}

function renewRows(list, page) {
  const known = new Set();
  for (const cell of list.querySelectorAll("[data-failure]")) {
    const { failure, column } = cell.dataset;
    known.add(failure);
    renew(cell, page.querySelector(`[data-failure="${failure}"][data-column="${column}"]`));
  }
  const now = [...page.querySelectorAll("[data-failure]")].map((cell) => cell.dataset.failure);
  const link = document.querySelector("[data-new-failures]");
  if (link.hidden && now.some((failure) => !known.has(failure))) {
    link.textContent = link.dataset.words;
    link.hidden = false;
  }
}

function renewParts(group, page) {
  for (const part of group.querySelectorAll("[data-part]")) {
    renew(part, page.querySelector(`[data-part="${part.dataset.part}"]`));
  }
}

const list = document.querySelector("[data-live-failures]");
const group = document.querySelector("[data-live-failure]");
document.querySelector("[data-submit-on-change]")?.addEventListener("change", (event) => {
  if (event.target.matches("select")) event.currentTarget.submit();
});

if (list || group) {
  setInterval(async () => {
    if (document.hidden) return;
    try {
      const page = await fresh();
      if (list) renewRows(list, page);
      if (group) renewParts(group, page);
    } catch {
      // The server is away, or we are logged out: what stands here stays.
    }
  }, EVERY_MS);
}
