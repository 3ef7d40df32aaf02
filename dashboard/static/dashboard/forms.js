// Forms that stay on the page: the answer takes the form's place. Without this script they work as
// forms do.

const FRAGMENT = { "X-Fragment": "1" };

/** What the server answers, as text: 200, or `refusal` with what is wrong. Null: log in first. */
async function send(form, button, refusal) {
  const action = button.hasAttribute("formaction") ? button.formAction : form.action;
  button.disabled = true;
  try {
    const body = new FormData(form);
    const answer = await fetch(action, { method: "POST", body, headers: FRAGMENT });
    if (answer.redirected) return null;
    if (!answer.ok && answer.status !== refusal) throw new Error(`${action}: ${answer.status}`);
    return await answer.text();
  } finally {
    button.disabled = false;
  }
}

function notify(html) {
  const notices = document.getElementById("notices");
  notices.innerHTML = html;
}

function fail() {
  const words = document.createElement("p");
  words.className = "notice error";
  words.textContent = "The server did not answer. Nothing is known to have changed; try again.";
  document.getElementById("notices").replaceChildren(words);
}

/** The submit form's part of the page; an invalid field gets the focus. */
function place(box, html) {
  box.innerHTML = html;
  const first = box.querySelector("[aria-invalid]") ?? box.querySelector("[data-submit-form] .main");
  first?.focus({ preventScroll: !first.matches("[aria-invalid]") });
}

/** The form of another type, or with an example; the focus goes to `selector`. */
async function fill(box, address, selector) {
  const answer = await fetch(address, { headers: FRAGMENT });
  if (!answer.ok) return;
  box.innerHTML = await answer.text();
  box.querySelector(selector)?.focus({ preventScroll: true });
}

function choose(box, form) {
  const query = new URLSearchParams(new FormData(form));
  return fill(box, `${form.dataset.choose}?${query}`, "#type");
}

export function startForms() {
  const box = document.querySelector("[data-submit]");
  box?.addEventListener("change", (event) => {
    if (event.target.id === "type") choose(box, event.target.form).catch(fail);
  });
  box?.addEventListener("click", (event) => {
    const link = event.target.closest("[data-example]");
    if (!link) return;
    event.preventDefault();
    fill(box, link.href, "[data-submit-form] .main").catch(fail);
  });
  box?.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (event.target.matches("[data-choose]")) {
      choose(box, event.target).catch(fail);
      return;
    }
    try {
      const html = await send(event.target, event.submitter, 400);
      if (html === null) location.reload();
      else place(box, html);
    } catch {
      fail();
    }
  });
  document.querySelector("[data-verbs]")?.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const html = await send(event.target, event.submitter, 409);
      if (html === null) location.reload();
      else notify(html);
    } catch {
      fail();
    }
  });
}
