// The box in the head of RQ's lists ticks all the boxes below it.

const all = document.getElementById("action-toggle");

all?.addEventListener("change", () => {
  for (const box of document.querySelectorAll("input.action-select")) box.checked = all.checked;
});
