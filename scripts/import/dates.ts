/** Dates and times as they stand in files → RFC 3339 in UTC. What time zones do is Intl's to say. */

/** As Temporal calls it: what a local time means that the clocks showed twice, or never. `compatible`: the first, or later. */
export const CLOCK_CHANGES = ["compatible", "earlier", "later", "reject"] as const;
export type ClockChange = (typeof CLOCK_CHANGES)[number];

export interface DateForm {
  /** `iso`, `unix` (seconds), `unix_ms`, or a pattern. */
  format: string;
  /** IANA name, for times without an offset; null where there is none. */
  timezone: string | null;
  clockChange: ClockChange;
}

/** @returns RFC 3339 with milliseconds (further digits are cut), or why it cannot be. */
export type DateReader = (text: string) => { time: string } | { problem: string };

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const REMEMBERED = 10_000;

/** As a pattern has them: letters that stand for digits, and what is between them. */
const TOKENS: Record<string, string> = {
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
};
const TOKEN = /'([^']*)'|yyyy|MMM|MM?|dd?|HH?|hh?|mm|ss|S+|a|XXX|[\s\S]/g;
const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const ISO =
  /^(?<year>\d{4})-(?<month>\d{2})-(?<day>\d{2})(?:[Tt ](?<hour>\d{2}):(?<minute>\d{2})(?::(?<second>\d{2})(?:[.,](?<fraction>\d{1,9}))?)?)?\s?(?<offset>[Zz]|[+-]\d{2}:?\d{2})?$/;

/** What is wrong with a pattern; null if nothing is. */
export function patternProblem(pattern: string): string | null {
  const tokens = pattern.match(TOKEN) ?? [];
  const wrong = tokens.find((token) => /^[A-Za-z]$/.test(token) && !Object.hasOwn(TOKENS, token));
  if (wrong !== undefined) return `${wrong} means nothing in a pattern: put letters that stand for themselves in '…'.`;
  const named = tokens.flatMap((token) => /<(\w+)>/.exec(tokenSource(token))?.[1] ?? []);
  const has = (name: string) => named.includes(name);
  if (new Set(named).size < named.length || (has("name") && has("month"))) return "It names a part of the time twice.";
  if (!has("year") || !(has("month") || has("name")) || !has("day")) return "It needs yyyy, MM (M, MMM) and dd (d).";
  return has("hour12") === has("half") ? null : "hh and a belong together.";
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
  if (format === "unix" || format === "unix_ms") return (text) => fromEpoch(text, format === "unix" ? 1000 : 1);
  const zone = form.timezone === null ? null : new Zone(form.timezone, form.clockChange);
  const regex = format === "iso" ? ISO : new RegExp(`^${(format.match(TOKEN) ?? []).map(tokenSource).join("")}$`);
  const expected = format === "iso" ? "as ISO 8601 writes it (2026-01-31T09:30:00)" : `of the form ${format}`;
  return (text) => {
    const parts = regex.exec(text.trim())?.groups;
    const wall = parts === undefined ? null : wallOf(parts);
    if (parts === undefined || wall === null) return { problem: `${quoted(text)} is no time ${expected}.` };
    if (parts["offset"] !== undefined) return written(wall - offsetOf(parts["offset"]));
    if (zone === null)
      return { problem: `${quoted(text)} has no offset from UTC: the mapping must name its timezone.` };
    const instant = zone.instantOf(wall);
    return instant === null
      ? { problem: `${quoted(text)} was ${zone.wayOf(wall)} in ${zone.name}: the clocks were changed then.` }
      : written(instant);
  };
}

function tokenSource(token: string): string {
  if (token.startsWith("'") && token.length > 1) return escape(token === "''" ? "'" : token.slice(1, -1));
  return TOKENS[token.startsWith("S") ? "S" : token] ?? escape(token);
}

function escape(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}

function fromEpoch(text: string, factor: number): ReturnType<DateReader> {
  const trimmed = text.trim();
  if (!/^-?\d+(\.\d+)?$/.test(trimmed)) return { problem: `${quoted(text)} is no Unix time.` };
  return written(Math.floor(Number(trimmed) * factor));
}

/** Years that RFC 3339 can write. */
function written(instant: number): ReturnType<DateReader> {
  const date = new Date(instant);
  const year = date.getUTCFullYear();
  if (!(year >= 0 && year <= 9999)) return { problem: "The time is not in the years 0 to 9999." };
  return { time: date.toISOString() };
}

/** Milliseconds as if the wall clock showed UTC; null for a day or an hour that does not exist. */
function wallOf(parts: Partial<Record<string, string>>): number | null {
  const number = (name: string) => Number(parts[name] ?? 0);
  const month = parts["name"] === undefined ? number("month") : MONTHS.indexOf(parts["name"].toLowerCase()) + 1;
  let hour = number("hour");
  if (parts["hour12"] !== undefined) {
    const shown = number("hour12");
    if (shown < 1 || shown > 12) return null;
    hour = (shown % 12) + (parts["half"]?.toLowerCase() === "pm" ? 12 : 0);
  }
  const [minute, second, day] = [number("minute"), number("second"), number("day")];
  if (hour > 23 || minute > 59 || second > 59 || month < 1) return null;
  const ms = Number((parts["fraction"] ?? "").padEnd(3, "0").slice(0, 3));
  const date = new Date(0);
  date.setUTCFullYear(number("year"), month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return null;
  return date.getTime() + ((hour * 60 + minute) * 60 + second) * 1000 + ms;
}

/** `+05:30` → milliseconds. */
function offsetOf(text: string): number {
  const [, sign, hours, minutes, seconds] = /([+-])(\d{2}):?(\d{2})(?::(\d{2}))?/.exec(text) ?? [];
  if (sign === undefined) return 0;
  const ms = (Number(hours) * 60 + Number(minutes)) * MINUTE_MS + Number(seconds ?? 0) * 1000;
  return sign === "-" ? -ms : ms;
}

/** A zone's local times → instants, by trying the offsets that Intl knows around them. */
class Zone {
  readonly name: string;
  readonly #clockChange: ClockChange;
  readonly #format: Intl.DateTimeFormat;
  /** Files are full of equal times and minutes. */
  readonly #known = new Map<number, number | null>();

  constructor(name: string, clockChange: ClockChange) {
    this.name = name;
    this.#clockChange = clockChange;
    this.#format = new Intl.DateTimeFormat("en", { timeZone: name, timeZoneName: "longOffset" });
  }

  /** @returns null for a time that is refused. Clocks change at whole seconds. */
  instantOf(wall: number): number | null {
    const second = Math.floor(wall / 1000) * 1000;
    let instant = this.#known.get(second);
    if (instant === undefined) {
      instant = this.#find(second);
      if (this.#known.size >= REMEMBERED) this.#known.clear();
      this.#known.set(second, instant);
    }
    return instant === null ? null : instant + (wall - second);
  }

  /** Of a time that `reject` refuses. */
  wayOf(wall: number): "shown twice" | "never shown" {
    return this.#possible(Math.floor(wall / 1000) * 1000).length > 1 ? "shown twice" : "never shown";
  }

  #find(wall: number): number | null {
    const possible = this.#possible(wall);
    const [first, second] = possible;
    if (first !== undefined && second === undefined) return first;
    if (this.#clockChange === "reject") return null;
    if (first !== undefined && second !== undefined) return this.#clockChange === "later" ? second : first;
    const [before, after] = this.#around(wall);
    return wall - (this.#clockChange === "earlier" ? after : before);
  }

  /** Instants at which the clocks show this, in their order. */
  #possible(wall: number): number[] {
    const instants = new Set(this.#around(wall).map((offset) => wall - offset));
    return [...instants].filter((instant) => instant + this.#offsetAt(instant) === wall).toSorted((a, b) => a - b);
  }

  /** Offsets a day before and a day after. */
  #around(wall: number): [number, number] {
    return [this.#offsetAt(wall - DAY_MS), this.#offsetAt(wall + DAY_MS)];
  }

  #offsetAt(instant: number): number {
    const part = this.#format.formatToParts(instant).find(({ type }) => type === "timeZoneName");
    return offsetOf(part?.value ?? "");
  }
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}
