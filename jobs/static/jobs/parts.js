// Parts of a page, written anew by the server: each `data-part` is replaced when it tells something
// else. What is opened or chosen stays so, what has the focus keeps it; what somebody types in or has
// selected is left alone.

/** Whether two pieces of a page tell the same; what the page itself writes into them is left aside. */
export function same(one, other) {
  return bare(one) === bare(other);
}

function bare(piece) {
  const copy = piece.cloneNode(true);
  for (const time of copy.querySelectorAll("time")) {
    time.textContent = "";
    time.removeAttribute("title");
    delete time.dataset.local;
  }
  for (const item of copy.querySelectorAll("details")) item.open = false;
  for (const item of copy.querySelectorAll("[data-own]")) item.textContent = "";
  return copy.innerHTML;
}

/** Replace the parts of a page, or of a piece of one, that tell something else in a newer one. */
export function replaceParts(page, newer) {
  for (const part of page.querySelectorAll("[data-part]")) {
    const fresh = newer.querySelector(`[data-part="${CSS.escape(part.dataset.part)}"]`);
    if (fresh && !isInUse(part) && !same(part, fresh)) replace(part, fresh);
  }
}

function replace(part, fresh) {
  for (const item of part.querySelectorAll("details[id]")) {
    const twin = fresh.querySelector(`#${CSS.escape(item.id)}`);
    if (twin) twin.open = item.open;
  }
  const chosen = [...part.querySelectorAll("input[type=radio][id]:checked")].map(({ id }) => id);
  const focus = focusIn(part);
  part.replaceChildren(...fresh.childNodes);
  // Only now: outside a page the radio buttons of different forms might be one group.
  for (const id of chosen) {
    const twin = document.getElementById(id);
    if (twin) twin.checked = true;
  }
  focus?.();
}

function isInUse(part) {
  const active = document.activeElement;
  if (part.contains(active) && active.matches("input:not([type=radio]), select, textarea")) return true;
  const selection = document.getSelection();
  return Boolean(selection && !selection.isCollapsed && selection.containsNode(part, true));
}

/** Where the focus is within a part, in words that find it again in a newer one. */
function focusIn(part) {
  const active = document.activeElement;
  if (!part.contains(active) || active === part) return null;
  const matches = (item) => (active.id
    ? item.id === active.id
    : item.getAttribute("href") === active.getAttribute("href")
      && item.textContent === active.textContent);
  return () => [...part.querySelectorAll(active.tagName)].find(matches)?.focus({ preventScroll: true });
}
