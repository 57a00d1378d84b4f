/** Numbers, sizes, spans and times as people read them. */

const NUMBER = new Intl.NumberFormat("en-US");
const COMPACT = new Intl.NumberFormat("en-US", { notation: "compact", maximumSignificantDigits: 3 });
const SPANS = [
  ["d", 86_400],
  ["h", 3_600],
  ["min", 60],
] as const;
const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;

export const count = (value: number) => NUMBER.format(value);

/** A number where there is little room: `950`, `1.2K`, `34M`. */
export const compact = (value: number) => COMPACT.format(value);

/** `1 row`, `2,000 rows`. @param plural by default the noun with an s. */
export const counted = (value: number, noun: string, plural = `${noun}s`) =>
  `${count(value)} ${value === 1 ? noun : plural}`;

/** A size in decimal units: `183 byte`, `1.9 MB`. */
export function size(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), UNITS.length - 1);
  const unit = UNITS[power] ?? "byte";
  if (unit === "byte") return counted(bytes, "byte");
  const format = new Intl.NumberFormat("en-US", { style: "unit", unit, maximumSignificantDigits: 3 });
  return format.format(bytes / 1000 ** power);
}

/** A span: `0.4 s`, `12 s`, `3 min 5 s`, `2 h 10 min`, `3 d 4 h`. */
export function span(seconds: number): string {
  if (seconds < 10) return `${NUMBER.format(Math.round(seconds * 10) / 10)} s`;
  const whole = Math.round(seconds);
  const parts = [
    [Math.floor(whole / 86_400), "d"],
    [Math.floor(whole / 3_600) % 24, "h"],
    [Math.floor(whole / 60) % 60, "min"],
    [whole % 60, "s"],
  ] as const;
  const first = parts.findIndex(([value]) => value > 0);
  return parts
    .slice(first, first + 2)
    .filter(([value]) => value > 0)
    .map(([value, unit]) => `${value} ${unit}`)
    .join(" ");
}

/** A span where there is little room: `12 s`, `2.5 min`, `3 h`, `1.5 d`. */
export function compactSpan(seconds: number): string {
  const [unit, of] = SPANS.find(([, each]) => seconds >= each) ?? ["s", 1];
  return `${NUMBER.format(Math.round((seconds / of) * 10) / 10)} ${unit}`;
}

/** A time in the space's time zone: `30 Nov 2026, 14:05`. @param time RFC 3339 */
export function moment(time: string, timeZone: string, precision: "minute" | "second" = "minute"): string {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    ...(precision === "second" && { second: "2-digit" }),
  });
  return format.format(new Date(time));
}

/** A name of the API as words: `activity_events` → `Activity events`. */
export function words(name: string): string {
  const spaced = name.replaceAll("_", " ");
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}
