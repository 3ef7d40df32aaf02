// Moments in the viewer's own time zone, and durations that run on. Without this script the page
// shows the site's zone and the durations as of its loading.

const UNITS = [[86400, "d", 3600, "h"], [3600, "h", 60, "min"], [60, "min", 1, "s"]];

function duration(seconds) {
  const whole = Math.floor(seconds);
  for (const [size, unit, smallSize, smallUnit] of UNITS) {
    if (whole >= size) {
      const rest = Math.floor((whole % size) / smallSize);
      return `${Math.floor(whole / size)} ${unit}` + (rest ? ` ${rest} ${smallUnit}` : "");
    }
  }
  return `${whole} s`;
}

function two(number) {
  return String(number).padStart(2, "0");
}

function localise(time) {
  const at = new Date(time.dateTime);
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  time.textContent = `${date} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  time.title = `${at.toISOString().replace("T", " ").slice(0, 19)} UTC`;
}

function counting(seconds) {
  return seconds < 60 ? `${Math.max(0, Math.floor(seconds))} s` : duration(seconds);
}

function tick() {
  for (const time of document.querySelectorAll("time[data-moment]:not([data-local])")) {
    time.dataset.local = "";
    localise(time);
  }
  const now = Date.now();
  for (const time of document.querySelectorAll("time[data-since]")) {
    time.textContent = counting((now - Date.parse(time.dateTime)) / 1000);
  }
  for (const time of document.querySelectorAll("time[data-until]")) {
    time.textContent = counting((Date.parse(time.dateTime) - now) / 1000);
  }
}

// Fields of moments: shown in the viewer's zone, sent with theirs.

function inputs(form = document) {
  return form.querySelectorAll("input[data-moment-field]");
}

for (const input of inputs()) {
  const at = new Date(input.dataset.momentField);
  if (!Number.isNaN(at.valueOf())) {
    const there = new Date(at.valueOf() - at.getTimezoneOffset() * 60_000);
    input.value = there.toISOString().slice(0, 16);
  }
  const zone = input.labels[0]?.querySelector("[data-zone]");
  if (zone) zone.textContent = `(${zone.dataset.zone})`;
}
document.addEventListener("formdata", (event) => {
  for (const input of inputs(event.target)) {
    if (input.value) event.formData.set(input.name, new Date(input.value).toISOString());
  }
});

tick();
document.addEventListener("jobs:rendered", tick);
setInterval(() => document.hidden || tick(), 1000);
