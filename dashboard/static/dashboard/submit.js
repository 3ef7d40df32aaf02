// The page of the form that submits a task.

import { startForms } from "./forms.js";

document.documentElement.classList.add("is-live");
startForms();
