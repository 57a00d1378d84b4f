/** What `--dry-run` prints of a survey. Pure. */

import { declared } from "./wanted.ts";
import type { Mapping } from "./mapping.ts";
import { MAX_DEFINITIONS, type SeenDefinition, type SeenMember, type Survey } from "./survey.ts";

/**
 * @param noun what a row becomes. @param mapping of events; null where there is none, or for profiles.
 * @param texts the file has only texts.
 */
export function dryRunReport(
  survey: Survey,
  noun: "events" | "profiles",
  mapping: Mapping | null,
  texts: boolean,
): string[] {
  const lines = survey.first.map(({ line, json }) => `line ${line}: ${json}`);
  const types = [...survey.definitions].slice(0, MAX_DEFINITIONS).flatMap(([id, seen]) => definitionLines(id, seen));
  function definitionLines(id: string, { count: events, properties }: SeenDefinition): string[] {
    const width = Math.max(...[...properties.keys()].map((name) => name.length), 0);
    return [
      `${id}: ${count(events)} events`,
      ...[...properties].map(
        ([name, member]) => `  ${name.padEnd(width)}  ${typeOf(name, member)}, in ${count(member.count)} events`,
      ),
    ];
  }
  function typeOf(name: string, member: SeenMember): string {
    const value = mapping === null || !Object.hasOwn(mapping.properties, name) ? undefined : mapping.properties[name];
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
    `${count(survey.rows)} rows read: ${count(survey.valid)} can be sent, ${count(survey.rows - survey.valid)} rejected. Nothing was sent (--dry-run).`,
  ];
}

function count(value: number): string {
  return value.toLocaleString("en");
}
