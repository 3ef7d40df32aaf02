// Numbers and times as people read them; the server writes them alike.

const UNITS = [
  [86400, "d", 3600, "h"],
  [3600, "h", 60, "min"],
  [60, "min", 1, "s"],
];
// Invisible and reordering characters, as the server spells them out too; a tab and a new line stay.
const UNSEEN = /[\p{Cf}\p{Co}\p{Cs}]|(?![\t\n])\p{Cc}/gu;
const number = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 1 });

/** A text from outside with every invisible or reordering character spelled out. */
export function seen(text) {
  return text.replace(UNSEEN, (found) => `\\u${found.codePointAt(0).toString(16).padStart(4, "0")}`);
}

export function counted(value) {
  return value === null || value === undefined ? "–" : number.format(value);
}

export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds < 1) return `${Math.max(0, Math.round(seconds * 1000))} ms`;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.floor(seconds);
  for (const [size, unit, smallSize, smallUnit] of UNITS) {
    if (whole < size) continue;
    const rest = Math.floor((whole % size) / smallSize);
    return rest ? `${Math.floor(whole / size)} ${unit} ${rest} ${smallUnit}` : `${Math.floor(whole / size)} ${unit}`;
  }
  return `${whole} s`;
}

/** Write only what differs, so that nothing flickers and no selection is lost. */
export function put(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

/** Let every relative time run on. */
export function keepTime() {
  const turn = () => {
    for (const time of document.querySelectorAll("time[data-ago]")) {
      const seconds = (Date.now() - Date.parse(time.dateTime)) / 1000;
      const size = Math.abs(seconds);
      const words = size < 1 ? "1 s" : duration(size < 60 ? Math.floor(size) || 1 : size).replace(".0", "");
      put(time, seconds >= 0 ? `${words} ago` : `in ${words}`);
    }
    for (const time of document.querySelectorAll("time[data-since]:not([data-ago])")) {
      if (time.dateTime) put(time, duration((Date.now() - Date.parse(time.dateTime)) / 1000));
    }
  };
  turn();
  setInterval(turn, 1000);
}
