/** What `--dry-run` prints of a survey. Pure. */

import { declared } from "./wanted.ts";
import type { Value } from "./mapped-value.ts";
import { count } from "./report.ts";
import { MAX_DEFINITIONS, type SeenMember, type Survey } from "./survey.ts";

/**
 * @param noun what a row becomes. @param mapped the values of the mapping: of properties, or of attributes.
 * @param texts the file has only texts.
 */
export function dryRunReport(
  survey: Survey,
  noun: "events" | "profiles",
  mapped: Readonly<Record<string, Value>>,
  texts: boolean,
): string[] {
  const lines = survey.first.map(({ line, json }) => `line ${line}: ${json}`);
  const values = new Map(Object.entries(mapped));
  const types = [...survey.definitions]
    .slice(0, MAX_DEFINITIONS)
    .flatMap(([id, seen]) => [`${id}: ${count(seen.count)} events`, ...memberLines(seen.properties)]);
  const attributes = memberLines(survey.attributes);
  function memberLines(members: ReadonlyMap<string, SeenMember>): string[] {
    const width = Math.max(...[...members.keys()].map((name) => name.length), 0);
    return [...members].map(
      ([name, member]) => `  ${name.padEnd(width)}  ${typeOf(name, member)}, in ${count(member.count)} ${noun}`,
    );
  }
  function typeOf(name: string, member: SeenMember): string {
    const value = values.get(name);
    const property = value === undefined ? null : declared(name, value, texts);
    if (property !== null && property.fields === undefined) return property.type;
    const seen = [...member.types.keys()].join(" or ");
    const fields = [...member.fields].map(([field, { types }]) => `${field} ${[...types.keys()].join(" or ")}`);
    return fields.length === 0 ? seen : `${seen} (${fields.join(", ")})`;
  }
  return [
    `The first ${lines.length === 1 ? "one" : lines.length} of ${count(survey.valid)} ${noun}, as they would be sent:`,
    ...lines,
    ...(types.length === 0 ? [] : ["The event definitions that these events need, with the types of their values:"]),
    ...types,
    ...(attributes.length === 0 ? [] : ["The attributes of these profiles, with the types of their values:"]),
    ...attributes,
    `${count(survey.rows)} rows read: ${count(survey.valid)} can be sent, ${count(survey.rows - survey.valid)} rejected. Nothing was sent (--dry-run).`,
  ];
}
