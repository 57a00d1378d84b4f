/**
 * Dates and times as they stand in files → RFC 3339 in UTC. Reading is strict: so many digits as the pattern says, no hour that no
 * clock shows. Which days there are, and what time zones do, is Temporal's to say.
 */

import { Temporal } from "temporal-polyfill";

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

const REMEMBERED = 10_000;

type NoInstant = "no time" | "no offset" | "shown twice" | "never shown";

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
  if (format === "unix" || format === "unix_ms") return (text) => fromEpoch(text, format === "unix" ? 3 : 0);
  const regex = format === "iso" ? ISO : new RegExp(`^${(format.match(TOKEN) ?? []).map(tokenSource).join("")}$`);
  const expected = format === "iso" ? "as ISO 8601 writes it (2026-01-31T09:30:00)" : `of the form ${format}`;
  const problems = {
    "no time": `is no time ${expected}.`,
    "no offset": "has no offset from UTC: the mapping must name its timezone.",
    "shown twice": `was shown twice in ${form.timezone}: the clocks were changed then.`,
    "never shown": `was never shown in ${form.timezone}: the clocks were changed then.`,
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
  return TOKENS[token.startsWith("S") ? "S" : token] ?? escape(token);
}

function escape(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}

/** @param digits behind the point that count; others are cut, in the text: multiplied, a number would not be exact. */
function fromEpoch(text: string, digits: number): ReturnType<DateReader> {
  const [, whole, fraction = ""] = /^(-?\d+)(?:\.(\d+))?$/.exec(text.trim()) ?? [];
  if (whole === undefined) return { problem: `${quoted(text)} is no Unix time.` };
  const cut = Number(whole + fraction.padEnd(digits, "0").slice(0, digits));
  // Before 1970 what is cut off lies the other way.
  const below = whole.startsWith("-") && /[1-9]/.test(fraction.slice(digits));
  return written(below ? cut - 1 : cut);
}

/** Years that RFC 3339 can write. */
function written(instant: number): ReturnType<DateReader> {
  const date = new Date(instant);
  const year = date.getUTCFullYear();
  if (!(year >= 0 && year <= 9999)) return { problem: "The time is not in the years 0 to 9999." };
  return { time: date.toISOString() };
}

/** What the wall clock showed, to the second, as Temporal reads it; null for what no clock shows. */
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
  // Temporal would take a leap second, which is in no file that counts seconds as computers do.
  if (part("second") > "59") return null;
  return `${part("year")}-${month}-${part("day")}T${hour}:${part("minute")}:${part("second")}`;
}

/** Local times → instants, in epoch ms, or why not. */
class Instants {
  readonly #zone: string | null;
  readonly #disambiguation: ClockChange;
  /** Files are full of equal times and minutes. */
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
    const refused = () => (at("earlier").toPlainDateTime().equals(local) ? "shown twice" : "never shown");
    return orElse(null, () => at(this.#disambiguation).epochMilliseconds) ?? refused();
  }
}

/** Temporal throws a RangeError for what does not exist. */
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
