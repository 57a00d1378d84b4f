/**
 * Dates and times of files → RFC 3339 in UTC. Reading is strict: exactly as many digits as the pattern has, no hour 24
 * or 13 AM. Temporal decides which days exist and what time zones do.
 */

import { Temporal } from "temporal-polyfill";

/** Temporal's names for reading a local time that occurred twice, or never. `compatible`: the first, or the later. */
export const CLOCK_CHANGES = ["compatible", "earlier", "later", "reject"] as const;
export type ClockChange = (typeof CLOCK_CHANGES)[number];

export interface DateForm {
  /** `iso`, `unix` (seconds), `unix_ms`, or a pattern. */
  format: string;
  /** IANA name of the zone of times without an offset; null: such times are errors. */
  timezone: string | null;
  clockChange: ClockChange;
}

/** @returns RFC 3339 with milliseconds (further digits are cut), or the problem. */
export type DateReader = (text: string) => { time: string } | { problem: string };

const REMEMBERED = 10_000;

type NoInstant = "no time" | "no offset" | "occurred twice" | "never occurred";

/** The letters of a pattern, and the digits or names that they match. */
const TOKENS = new Map(
  Object.entries({
    yyyy: "(?<year>\\d{4})",
    MMM: "(?<name>[A-Za-z]{3})",
    MM: "(?<month>\\d{2})",
    M: "(?<month>\\d{1,2})",
    dd: "(?<day>\\d{2})",
    d: "(?<day>\\d{1,2})",
    HH: "(?<hour>\\d{2})",
    H: "(?<hour>\\d{1,2})",
    hh: "(?<hour12>\\d{2})",
    h: "(?<hour12>\\d{1,2})",
    mm: "(?<minute>\\d{2})",
    ss: "(?<second>\\d{2})",
    S: "(?<fraction>\\d{1,9})",
    a: "(?<half>[AaPp][Mm])",
    XXX: "(?<offset>[Zz]|[+-]\\d{2}:?\\d{2})",
  }),
);
const TOKEN = /'([^']*)'|yyyy|MMM|MM?|dd?|HH?|hh?|mm|ss|S+|a|XXX|[\s\S]/g;
const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const ISO =
  /^(?<year>\d{4})-(?<month>\d{2})-(?<day>\d{2})(?:[Tt ](?<hour>\d{2}):(?<minute>\d{2})(?::(?<second>\d{2})(?:[.,](?<fraction>\d{1,9}))?)?)?\s?(?<offset>[Zz]|[+-]\d{2}:?\d{2})?$/;

/** @returns what is wrong with a pattern; null for a valid one. */
export function patternProblem(pattern: string): string | null {
  const tokens = pattern.match(TOKEN) ?? [];
  const wrong = tokens.find((token) => /^[A-Za-z]$/.test(token) && !TOKENS.has(token));
  if (wrong !== undefined) return `${wrong} is not a letter of patterns: put literal letters in '…'.`;
  const named = tokens.flatMap((token) => /<(\w+)>/.exec(tokenSource(token))?.[1] ?? []);
  const has = (name: string) => named.includes(name);
  if (new Set(named).size < named.length || (has("name") && has("month")))
    return "The pattern has a part of the time twice.";
  if (!has("year") || !(has("month") || has("name")) || !has("day"))
    return "The pattern needs yyyy, MM (M, MMM) and dd (d).";
  return has("hour12") === has("half") ? null : "The pattern needs both hh and a, or neither.";
}

/** @returns whether times of this pattern need the zone of the mapping, because they have no offset of their own. */
export function needsTimezone(format: string): boolean {
  return !["iso", "unix", "unix_ms"].includes(format) && (format.match(TOKEN) ?? []).every((token) => token !== "XXX");
}

export function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name }).format(0);
    return true;
  } catch {
    return false;
  }
}

export function dateReader(form: DateForm): DateReader {
  const { format } = form;
  if (format === "unix" || format === "unix_ms") return (text) => fromEpoch(text, format === "unix" ? 3 : 0);
  const regex = format === "iso" ? ISO : new RegExp(`^${(format.match(TOKEN) ?? []).map(tokenSource).join("")}$`);
  const expected =
    format === "iso"
      ? 'in the form of ISO 8601 (2026-01-31T09:30:00). Name another form in the mapping, for example "format": "d.M.yyyy H:mm"'
      : `in the form ${format}`;
  const problems = {
    "no time": `is not a time ${expected}.`,
    "no offset": 'has no offset from UTC. Name its zone in the mapping, for example "timezone": "Europe/London".',
    "occurred twice": `occurred twice in ${form.timezone}, where the clocks were changed: set clock_change in the mapping.`,
    "never occurred": `never occurred in ${form.timezone}, where the clocks were changed: set clock_change in the mapping.`,
  };
  const instants = new Instants(form);
  return (text) => {
    const parts = regex.exec(text.trim())?.groups;
    const wall = parts === undefined ? null : wallOf(parts);
    const instant = parts === undefined || wall === null ? "no time" : instants.of(wall, parts["offset"] ?? "");
    if (typeof instant === "string") return { problem: `${quoted(text)} ${problems[instant]}` };
    // Clocks change at whole seconds.
    return written(instant + Number((parts?.["fraction"] ?? "").padEnd(3, "0").slice(0, 3)));
  };
}

function tokenSource(token: string): string {
  if (token.startsWith("'") && token.length > 1) return escape(token === "''" ? "'" : token.slice(1, -1));
  return TOKENS.get(token.startsWith("S") ? "S" : token) ?? escape(token);
}

function escape(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}

/** @param digits after the point that count. The text is cut, because a multiplied number would not be exact. */
function fromEpoch(text: string, digits: number): ReturnType<DateReader> {
  const [, whole, fraction = ""] = /^(-?\d+)(?:\.(\d+))?$/.exec(text.trim()) ?? [];
  if (whole === undefined) return { problem: `${quoted(text)} is not a Unix time.` };
  const cut = Number(whole + fraction.padEnd(digits, "0").slice(0, digits));
  // Before 1970 cutting rounds up: subtract one.
  const below = whole.startsWith("-") && /[1-9]/.test(fraction.slice(digits));
  return written(below ? cut - 1 : cut);
}

/** @returns RFC 3339, which has four digits for the year. */
function written(instant: number): ReturnType<DateReader> {
  const date = new Date(instant);
  const year = date.getUTCFullYear();
  if (!(year >= 0 && year <= 9999)) return { problem: "The time is not in the years 0 to 9999." };
  return { time: date.toISOString() };
}

/** @returns the local time to the second, as Temporal reads it; null for an hour or a second that does not exist. */
function wallOf(parts: Partial<Record<string, string>>): string | null {
  const part = (name: string) => (parts[name] ?? "").padStart(2, "0");
  const month =
    parts["name"] === undefined
      ? part("month")
      : String(MONTHS.indexOf(parts["name"].toLowerCase()) + 1).padStart(2, "0");
  let hour = part("hour");
  if (parts["hour12"] !== undefined) {
    const shown = Number(parts["hour12"]);
    if (shown < 1 || shown > 12) return null;
    hour = String((shown % 12) + (parts["half"]?.toLowerCase() === "pm" ? 12 : 0)).padStart(2, "0");
  }
  // Temporal accepts a leap second, which no system that counts seconds as computers do can write.
  if (part("second") > "59") return null;
  return `${part("year")}-${month}-${part("day")}T${hour}:${part("minute")}:${part("second")}`;
}

/** Local times → instants in epoch ms, or the problem. */
class Instants {
  readonly #zone: string | null;
  readonly #disambiguation: ClockChange;
  /** A cache: many rows of a file have the same second. */
  readonly #known = new Map<string, number | NoInstant>();

  constructor({ timezone, clockChange }: DateForm) {
    this.#zone = timezone;
    this.#disambiguation = clockChange;
  }

  /** @param offset empty for a time of the zone. */
  of(wall: string, offset: string): number | NoInstant {
    const text = wall + offset;
    let instant = this.#known.get(text);
    if (instant === undefined) {
      instant = this.#find(wall, offset);
      if (this.#known.size >= REMEMBERED) this.#known.clear();
      this.#known.set(text, instant);
    }
    return instant;
  }

  #find(wall: string, offset: string): number | NoInstant {
    if (offset !== "") return orElse("no time", () => Temporal.Instant.from(wall + offset).epochMilliseconds);
    const local = orElse(null, () => Temporal.PlainDateTime.from(wall));
    if (local === null) return "no time";
    const zone = this.#zone;
    if (zone === null) return "no offset";
    const at = (disambiguation: ClockChange) => local.toZonedDateTime(zone, { disambiguation });
    const problem = () => (at("earlier").toPlainDateTime().equals(local) ? "occurred twice" : "never occurred");
    return orElse(null, () => at(this.#disambiguation).epochMilliseconds) ?? problem();
  }
}

/** Temporal throws a RangeError for a time that does not exist. */
function orElse<Value, Other>(other: Other, make: () => Value): Value | Other {
  try {
    return make();
  } catch (thrown) {
    if (thrown instanceof RangeError) return other;
    throw thrown;
  }
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}
