// Buttons that copy a text which the server gives. Without this script, or where the browser lends
// no clipboard, they are not there: the link beside them shows the same.

const SAID_MS = 2000;

if (navigator.clipboard) {
  const show = () => {
    for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;
  };
  show();
  document.addEventListener("jobs:rendered", show);
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const answer = await fetch(button.dataset.copy, { credentials: "same-origin" });
    if (!answer.ok) return;
    await navigator.clipboard.writeText(await answer.text());
    const words = button.innerHTML;
    button.textContent = button.dataset.copied;
    setTimeout(() => { button.innerHTML = words; }, SAID_MS);
  });
}
