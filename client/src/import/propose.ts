/** What a proposed mapping of events and one of profiles have in common: a column's role by its name and its values. */

import type { Column, Columns, TimeForm } from "./columns.ts";

/** A mapping that the columns of a file suggest. */
export interface Proposal {
  /** As the file that `--map` names. */
  mapping: Readonly<Record<string, unknown>>;
  /** By the name of a column. */
  becomes: ReadonlyMap<string, string>;
  /** What a reader should check, a sentence each. */
  checks: readonly string[];
}

export interface Hints {
  /** The file's name. */
  file: string;
  /** The space's; null where it is not known. */
  timezone: string | null;
  /** RFC 3339: older events are refused. Null where it is not known. */
  keepsFrom: string | null;
  /** Names that the space's definitions have: the same name is spelled one way. */
  spellings: readonly string[];
  /** The file has only texts, which have no types of their own. */
  texts: boolean;
}

/** A value of a mapping. */
export interface ValueOf {
  column?: string;
  constant?: string;
  template?: string;
  type?: string;
  format?: string;
  timezone?: string;
  decimal?: string;
}

/** Names of a person's column, by how much they say. */
const PERSONS = [
  /^(?:customer|user|person|client|member|contact|subscriber|visitor|shopper|buyer|kunden?)(?:id|no|nr|number|key|ref|code|uuid|nummer)$/,
  /^(?:customer|user|person|client|member|contact|subscriber|visitor|shopper|buyer|account|accountid|distinctid|anonymousid)$/,
];
/** A mail address names a person where nothing else does. */
const MAIL = /^(?:e?mail|emailaddress|mailaddress|(?:customer|user)e?mail)$/;
const TIME = /time|date|stamp|datum|zeit|at$|^ts$|^when$|^on$/;
const NOT_THE_TIME = /birth|updat|modif|delet|expir|geburt/;
const CODE = /(?:id|no|nr|number|nummer|zip|postcode|plz|phone|code|sku|ean|isbn)$/;
/** Epoch seconds of the years 1973 to 5138, and the same in ms. */
const SECONDS = [1e8, 1e11] as const;
const MILLISECONDS = [1e11, 1e14] as const;
/** Zones where 3/4 is in March. */
const MONTH_FIRST = /^(?:America|US)\//;

/** A name without its case and its separators: `Customer ID` and `customer_id` are one. */
export function folded(name: string): string {
  return name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, "");
}

/** @param more names that say less. @returns the column that names persons; null where none looks like it. */
export function personColumn(columns: readonly Column[], more: readonly RegExp[] = []): Column | null {
  for (const pattern of [...PERSONS, ...more, MAIL]) {
    const [found] = columns
      .filter(({ name, filled }) => filled > 0 && pattern.test(folded(name)))
      .toSorted((a, b) => b.filled - a.filled);
    if (found !== undefined) return found;
  }
  return null;
}

/** @returns the column that says when a row's event occurred; null where none looks like it. */
export function timeColumn({ columns, rows }: Columns): Column | null {
  const scored = columns.flatMap((column) => {
    const name = folded(column.name);
    if (NOT_THE_TIME.test(name) || (column.times.length === 0 && epochFormat(column) === null)) return [];
    const score = (TIME.test(name) ? 4 : 0) + (column.times[0]?.hasClock === false ? 0 : 2);
    return [{ column, score: score + (column.filled === rows ? 1 : 0) }];
  });
  return scored.toSorted((a, b) => b.score - a.score)[0]?.column ?? null;
}

/** @returns how the column's times are written; null where it has none, or not in one form. */
export function timeValue(column: Column, hints: Hints): { value: ValueOf; checks: string[] } | null {
  const epoch = epochFormat(column);
  const form = epoch === null ? likeliest(column.times, hints) : { format: epoch, hasOffset: true };
  if (form === null) return null;
  const value: ValueOf = { column: column.name };
  if (form.format !== "iso") value.format = form.format;
  if (form.hasOffset) return { value, checks: [] };
  if (form.format.endsWith("'UTC'")) return { value: { ...value, timezone: "UTC" }, checks: [] };
  value.timezone = hints.timezone ?? "UTC";
  const zone =
    hints.timezone === null
      ? "UTC, because no key tells the space's zone"
      : `${hints.timezone}, which is the space's zone`;
  const checks = [`The times of ${column.name} have no offset: they are read in ${zone}.`];
  if (isAmbiguous(column.times))
    checks.push(
      `${column.name} may have the day or the month first (${column.example}): the mapping says ${form.format}.`,
    );
  return { value, checks };
}

/** @returns what to do where the space would refuse the oldest events of the file. */
export function retentionChecks(column: Column, hints: Hints): string[] {
  const epoch = epochFormat(column);
  const ms = epoch === "unix" ? column.min * 1000 : column.min;
  const oldest = epoch === null ? likeliest(column.times, hints)?.oldest : new Date(ms).toISOString();
  if (oldest === undefined || hints.keepsFrom === null || oldest >= hints.keepsFrom) return [];
  return [
    `The oldest event is of ${oldest.slice(0, 10)}, and the space refuses events before ${hints.keepsFrom.slice(0, 10)}. ` +
      'To keep older ones: PATCH /v1/space {"retention_days": 3650}',
  ];
}

/** The value of a property or an attribute: the column with its type. @param list lists of objects may stay lists. */
export function typedValue(column: Column, hints: Hints, list: boolean): { value: ValueOf; checks: string[] } {
  const { name } = column;
  const isTyped = hints.texts || !column.isText;
  const as = (type: string, more: ValueOf = {}) => ({ value: { column: name, type, ...more }, checks: [] });
  if (column.isList && list) return as("list");
  if (column.isOther) return as("text");
  if (column.isBoolean && isTyped) return as("boolean");
  const isCode = hints.texts && (column.hasLeadingZero || CODE.test(folded(name)));
  if (column.isNumber && isTyped && !isCode && column.decimal !== null)
    return as("number", column.decimal === "," ? { decimal: "," } : {});
  const time = column.times[0]?.hasClock === true ? timeValue(column, hints) : null;
  if (time === null || column.isNumber) return as("text");
  return { value: { ...time.value, type: "date" }, checks: time.checks };
}

/** @returns the type of a value, in words for a table. */
export function typeIn(value: ValueOf): string {
  const zone = value.timezone === undefined ? "" : `, ${value.timezone}`;
  return `${value.type ?? "date"}${zone}`;
}

/**
 * A name that the service takes, in the spelling that the space has.
 * @param illegal characters that become `_`. @param taken names that are given already; this one is added.
 */
export function nameFor(column: string, illegal: RegExp, { spellings }: Hints, taken: Set<string>): string {
  const clean = column.trim().replaceAll(/\s+/g, " ").replaceAll(illegal, "_").slice(0, MAX_NAME);
  const begun =
    /^[\p{L}_]/u.test(clean) && clean !== "__proto__" ? clean : `_${clean.replaceAll("__proto__", "proto")}`;
  const same = spellings.find((known) => known.toLowerCase() === begun.toLowerCase()) ?? begun;
  let name = same;
  for (let n = 2; taken.has(name.toLowerCase()); n += 1) name = `${same}_${n}`;
  taken.add(name.toLowerCase());
  return name;
}

const MAX_NAME = 100;

function epochFormat({ name, isNumber, min, max }: Column): "unix" | "unix_ms" | null {
  if (!isNumber || !TIME.test(folded(name))) return null;
  if (min >= SECONDS[0] && max < SECONDS[1]) return "unix";
  return min >= MILLISECONDS[0] && max < MILLISECONDS[1] ? "unix_ms" : null;
}

function likeliest(times: readonly TimeForm[], { timezone }: Hints): TimeForm | null {
  const isMonthFirst = MONTH_FIRST.test(timezone ?? "");
  const fits = ({ format }: TimeForm) => format.startsWith("M/") === isMonthFirst;
  return (isAmbiguous(times) ? times.find(fits) : times[0]) ?? times[0] ?? null;
}

function isAmbiguous(times: readonly TimeForm[]): boolean {
  return ["M/", "d/"].every((start) => times.some(({ format }) => format.startsWith(start)));
}
