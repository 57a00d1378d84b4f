/** A mapping of events, proposed from the columns of a file. Pure. */

import type { Column, Columns } from "./columns.ts";
import {
  folded,
  type Hints,
  nameFor,
  personColumn,
  type Proposal,
  retentionChecks,
  timeColumn,
  timeValue,
  typedValue,
  typeIn,
  type ValueOf,
} from "./propose.ts";

const ILLEGAL = /[^\p{L}\p{N}_$ -]|^[ -]+| $/gu;
const DEFINITION = /^(?:event|eventname|eventtype|eventid|action|activity)$/;
const ID = /(?:id|no|nr|number|key|uuid|ref|nummer)$/;
const DEFINITION_ID = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;
const FIELDS = ["id", "external_person_id", "person_id", "session_id", "company_id"];
const PROPERTY = "properties.";
const MAX_ID = 64;
/** Of a definition. */
const MAX_PROPERTIES = 120;

/** The definition that a file's name suggests: `2026 orders.csv.gz` → `orders`. */
export function definitionFor(file: string): string {
  const [base = ""] = (file.split(/[/\\]/).at(-1) ?? "").split(".");
  const words = base.split(/[^A-Za-z0-9]/).filter((word) => word !== "");
  const first = words.findIndex((word) => /^[A-Za-z]/.test(word));
  const id = first < 0 ? "" : words.slice(first).join("_").slice(0, MAX_ID);
  return id === "" || id === "stdin" ? "imported_event" : id;
}

export function proposeEvents(file: Columns, hints: Hints): Proposal {
  const becomes = new Map<string, string>();
  const checks: string[] = [];
  const mapping: Record<string, ValueOf> = {};
  const free = () => file.columns.filter(({ name, filled }) => filled > 0 && !becomes.has(name));
  const take = (field: string, column: Column | null | undefined, value?: ValueOf): boolean => {
    if (column === null || column === undefined) return false;
    mapping[field] = value ?? { column: column.name };
    becomes.set(column.name, field);
    return true;
  };
  for (const field of FIELDS)
    take(
      field,
      free().find(({ name }) => name === field),
    );

  const kinds = free().find(
    ({ name, distinct }) => (name === "definition_id" || DEFINITION.test(folded(name))) && isOfIds(distinct),
  );
  if (!take("definition_id", kinds)) {
    const id = definitionFor(hints.file);
    mapping["definition_id"] = { constant: id };
    checks.push(`Each row becomes an event of the definition ${id}, by the file's name.`);
  }

  const time = free().find(({ name }) => name === "occurred_at") ?? timeColumn({ ...file, columns: free() });
  const read = time === null ? null : timeValue(time, hints);
  if (take("occurred_at", read === null ? null : time, read?.value)) {
    becomes.set(time?.name ?? "", `occurred_at${read?.value.timezone === undefined ? "" : `, ${read.value.timezone}`}`);
    checks.push(...(read?.checks ?? []), ...(time === null ? [] : retentionChecks(time, hints)));
  } else checks.push("No column has times that are read: the events occur when they are received.");

  if (mapping["person_id"] === undefined && mapping["external_person_id"] === undefined) {
    const person = personColumn(free());
    if (!take("person_id", person)) mapping["person_id"] = { column: "PERSON" };
    checks.push(...personChecks(person, file));
  }

  if (mapping["id"] === undefined) checks.push(...idOf(file, free(), mapping));

  const taken = new Set<string>();
  const properties: [string, ValueOf][] = [];
  let hasList = false;
  for (const column of free().slice(0, MAX_PROPERTIES)) {
    const { name } = column;
    const property = nameFor(name.startsWith(PROPERTY) ? name.slice(PROPERTY.length) : name, ILLEGAL, hints, taken);
    const { value, checks: own } = typedValue(column, hints, !hasList);
    hasList ||= value.type === "list";
    properties.push([property, value]);
    becomes.set(name, `property ${property}, ${typeIn(value)}`);
    checks.push(...own);
  }
  const others = free().length;
  if (others > 0)
    checks.push(`${others} further columns are left out: a definition has at most ${MAX_PROPERTIES} properties.`);
  const { id, definition_id, person_id, ...rest } = mapping;
  const ordered = {
    ...(id === undefined ? {} : { id }),
    definition_id,
    ...(person_id === undefined ? {} : { person_id }),
    ...rest,
  };
  return { mapping: { ...ordered, properties: Object.fromEntries(properties) }, becomes, checks };
}

/** A column of ids that no two rows share makes an id. It stays a property. @returns what to check. */
function idOf({ isWhole }: Columns, columns: readonly Column[], mapping: Record<string, ValueOf>): string[] {
  const column = columns.find(
    ({ name, isUnique, isOther, times }) =>
      isWhole && isUnique && !isOther && times.length === 0 && ID.test(folded(name)),
  );
  if (column === undefined)
    return ["Ids are derived from the file's content. If files overlap, map an id of the rows, or events are doubled."];
  const { constant, column: kind } = mapping["definition_id"] ?? {};
  const start = constant === undefined ? `{${kind}}` : constant;
  mapping["id"] = { template: `${start}-{${column.name}}` };
  return [`${column.name} is in the id of each event: a row whose id the space has is a duplicate.`];
}

function personChecks(person: Column | null, { rows }: Columns): string[] {
  if (person === null)
    return ["No column looks like a person: write its name instead of PERSON, or a constant for all rows."];
  const empty = rows - person.filled;
  if (empty === 0) return [];
  return [
    `${person.name} is empty in ${empty.toLocaleString("en")} rows, which are rejected: a "default": "unknown" there gives them one.`,
  ];
}

function isOfIds(values: readonly string[] | null): boolean {
  return values?.every((value) => DEFINITION_ID.test(value)) === true;
}
