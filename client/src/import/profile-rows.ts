/** Rows → profiles, as the JSON that is sent: by a mapping, or as they are. */

import { pointerTo } from "./pointer.ts";
import { checkColumns, type Item, type Rejection } from "./events.ts";
import type { JsonLine } from "./ndjson.ts";
import { compileProfileMapping, profileColumnsOf, type ProfileMapping, withPersonId } from "./profile-mapping.ts";
import { type Reader, type Row, InputError, notFields } from "./rows.ts";
import { emptyObject, RowProblem, type SentObject } from "./setter.ts";
import type { Source } from "./source.ts";
import type { Place } from "./template.ts";
import { boolOf, type Converted, numberOf, plain } from "./values.ts";

const FIELDS = ["person_id", "external_person_id", "company_id", "type"];
/** Of a line of NDJSON. */
export const PROFILE_FIELDS: readonly string[] = [...FIELDS, "identifiers", "attributes", "tags", "topics"];
const MAPS = ["identifiers", "attributes"] as const;

/** @param types of the space's attributes, for the texts of CSV without a mapping. */
export function profileMaker(
  source: Source,
  reader: Reader,
  mapping: ProfileMapping | null,
  types: ReadonlyMap<string, string>,
): (row: Row) => Item | Rejection {
  if (mapping !== null) checkColumns(source, reader, profileColumnsOf(mapping));
  const make =
    mapping !== null
      ? compileProfileMapping(mapping)
      : source.format === "ndjson"
        ? null
        : rowsAsProfiles(source, reader, types);
  return (row) => {
    const { n, line } = row;
    if (row.problem !== undefined) return { n, line, pointer: "", detail: row.problem };
    try {
      const place: Place = { n, line, file: source.sha256.slice(0, 24), get: (name) => reader.get(row.value, name) };
      return make === null ? lineItem(n, line, row.value as JsonLine) : item(n, line, make(place));
    } catch (thrown) {
      if (thrown instanceof RowProblem) return { n, line, pointer: thrown.pointer, detail: thrown.message };
      throw thrown;
    }
  };
}

function item(n: number, line: number, profile: SentObject, json = JSON.stringify(profile)): Item {
  const { person_id: id, external_person_id: externalId } = profile;
  return {
    n,
    line,
    json,
    bytes: Buffer.byteLength(json),
    id,
    isOfContent: false,
    definitionId: undefined,
    person: { person_id: id, external_person_id: externalId },
  };
}

/** The line as it is written, if it names its person. */
function lineItem(n: number, line: number, { text, object }: JsonLine): Item {
  if (typeof object["person_id"] === "string") return item(n, line, object, text);
  const made = plain(Object.assign(emptyObject(), object));
  if ("problem" in made) throw new RowProblem("", made.problem);
  return item(n, line, withPersonId(Object.assign(emptyObject(), made.value)));
}

/** @returns why rows with these columns are no profiles without a mapping; null where they are. */
export function profileColumnsProblem(file: string, columns: readonly string[]): string | null {
  const unknown = columns.filter(
    (column) => !FIELDS.includes(column) && !MAPS.some((map) => column.startsWith(`${map}.`)),
  );
  const isNamed = columns.includes("person_id") || columns.includes("external_person_id");
  if (unknown.length === 0 && isNamed) return null;
  return (
    `${file} has no profiles: ${unknown.length > 0 ? notFields(unknown, "a profile") : "the columns person_id and external_person_id are missing"}. ` +
    `The fields of a profile are ${FIELDS.join(", ")}, identifiers.NAME and attributes.NAME. Other columns need a mapping: --map FILE.`
  );
}

/** Each column is a field of a profile, `identifiers.NAME` or `attributes.NAME`. */
function rowsAsProfiles(
  source: Source,
  reader: Reader,
  types: ReadonlyMap<string, string>,
): (place: Place) => SentObject {
  const columns = (reader.columns ?? []).map((column) => {
    const map = MAPS.find((name) => column.startsWith(`${name}.`)) ?? null;
    return { column, map, name: map === null ? column : column.slice(map.length + 1) };
  });
  const problem = profileColumnsProblem(source.name, reader.columns ?? []);
  if (problem !== null) throw new InputError(problem);
  return (place) => {
    const profile = emptyObject();
    for (const { column, map, name } of columns) {
      const found = place.get(column);
      if (found === undefined || found === null || found === "") continue;
      const made = source.format === "csv" && map === "attributes" ? typed(found, types.get(name)) : plain(found);
      if ("problem" in made)
        throw new RowProblem(pointerTo(map === null ? [name] : [map, name]), `${column}: ${made.problem}`);
      if (map === null) profile[name] = made.value;
      else {
        const members = (profile[map] ?? emptyObject()) as SentObject;
        members[name] = made.value;
        profile[map] = members;
      }
    }
    return withPersonId(profile);
  };
}

function typed(found: unknown, type: string | undefined): Converted {
  if (type === "number") return numberOf(found, ".");
  return type === "boolean" ? boolOf(found) : { value: found };
}
