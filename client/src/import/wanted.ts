/**
 * The event definitions that an import needs: their properties have the types of the mapping, or, where it names none,
 * the types that the file's values have. Pure.
 */

import type { DefinitionView } from "./service.ts";
import type { Value } from "./mapped-value.ts";
import type { Mapping } from "./mapping.ts";
import { InputError } from "./rows.ts";
import { MAX_DEFINITIONS, type SeenDefinition, type SeenMember, type SeenType, type Survey } from "./survey.ts";

export type Property = DefinitionView["properties"][number];
export type Wanted = { id: string; name: string; properties: Property[] };
type Scalar = Exclude<Property["type"], "list">;

const ID = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;

/** @param texts the file has only texts. @returns whether the file has to be read to know the definitions. */
export function needsSurvey(mapping: Mapping | null, texts: boolean): boolean {
  if (mapping?.definition_id.constant === undefined) return true;
  return Object.entries(mapping.properties).some(([name, value]) => declared(name, value, texts) === null);
}

/**
 * @param survey of the whole file; null where the mapping alone is enough.
 * @throws InputError with every property whose type is not known, and for ids that no definition may have.
 */
export function wantedDefinitions(mapping: Mapping | null, texts: boolean, survey: Survey | null): Wanted[] {
  const problems: string[] = [];
  const constant = mapping?.definition_id.constant;
  const seen: ReadonlyMap<string, SeenDefinition> =
    constant === undefined
      ? (survey?.definitions ?? new Map<string, SeenDefinition>())
      : new Map([
          [
            String(constant),
            survey?.definitions.get(String(constant)) ?? {
              count: 0,
              line: 0,
              properties: new Map<string, SeenMember>(),
            },
          ],
        ]);
  if (seen.size > MAX_DEFINITIONS)
    throw new InputError(`--define: the file has more than ${MAX_DEFINITIONS} different values of definition_id.`);
  const wanted = [...seen].map(([id, { line, properties: found }]): Wanted => {
    if (!ID.test(id))
      problems.push(
        `${JSON.stringify(id)} in line ${line} is not the id of a definition: a letter, then letters, digits and _, at most 64`,
      );
    const names = mapping === null ? [...found.keys()] : Object.keys(mapping.properties);
    const properties = names.flatMap((name): Property[] => {
      const member = found.get(name);
      if (member === undefined && constant === undefined) return [];
      const value = mapping === null ? undefined : mapping.properties[name];
      const own = value === undefined ? null : declared(name, value, texts);
      const property = own ?? inferred(name, member);
      if (typeof property !== "string") return [property];
      problems.push(`the property ${name} of ${id} ${property}`);
      return [];
    });
    return { id, name: id, properties };
  });
  if (problems.length > 0)
    throw new InputError(`--define cannot make the definitions:\n${problems.map((line) => `  ${line}`).join("\n")}`);
  return wanted;
}

/** @returns the property as the mapping declares it; null where only the values tell its type. */
export function declared(name: string, value: Value, texts: boolean): Property | null {
  const { constant, template, fields } = value;
  if (constant !== undefined) return { name, type: typeof constant === "string" ? "text" : kindOf(constant) };
  const type = value.type ?? (texts || template !== undefined ? "text" : undefined);
  if (type === undefined || type === "json") return null;
  if (type !== "list") return { name, type };
  if (fields === undefined) return null;
  return { name, type, fields: Object.entries(fields).map(([field, fieldType]) => ({ name: field, type: fieldType })) };
}

/** @returns what is wrong with the values of a property, in words that follow its name. */
function inferred(name: string, member: SeenMember | undefined): Property | string {
  const type = scalarOr(member, "list");
  if (typeof type !== "string") return type.problem;
  if (type !== "list" || member === undefined) return { name, type };
  const fields: { name: string; type: Scalar }[] = [];
  for (const [field, inner] of member.fields) {
    const fieldType = scalarOr(inner, null);
    if (typeof fieldType !== "string") return `has a field ${field} that ${fieldType.problem}`;
    if (fieldType !== "list") fields.push({ name: field, type: fieldType });
  }
  return fields.length === 0
    ? 'has only empty lists: name their fields ("fields") in the mapping'
    : { name, type, fields };
}

function scalarOr(member: SeenMember | undefined, list: "list" | null): Scalar | "list" | { problem: string } {
  const types = [...(member?.types ?? new Map<SeenType, number>())];
  const [only, ...others] = types;
  if (only === undefined) return { problem: "has no value in the file: name its type in the mapping" };
  if (others.length > 0)
    return {
      problem: `is ${types.map(([type, line]) => `${NOUNS[type]} in line ${line}`).join(", ")}: name one type in the mapping`,
    };
  const [type, line] = only;
  if (type === "text" || type === "number" || type === "boolean" || (type === "list" && list !== null)) return type;
  return { problem: `is ${NOUNS[type]} in line ${line}: "type": "text" in the mapping keeps its JSON` };
}

const NOUNS: Readonly<Record<SeenType, string>> = {
  text: "a text",
  number: "a number",
  boolean: "true or false",
  list: "a list of objects",
  object: "an object",
  values: "a list of other values than objects",
};

function kindOf(constant: number | boolean): "number" | "boolean" {
  return typeof constant === "number" ? "number" : "boolean";
}
