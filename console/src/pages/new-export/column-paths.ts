/** The paths that a row of the request may have: those of its schema, and those that definitions add. */

import type { DatasetSchema, OpenPlace } from "../../export-schema.ts";
import type { Request } from "./request.ts";

interface Property {
  name: string;
  fields?: readonly { name: string }[] | null | undefined;
}

export interface Definition {
  id: string;
  /** A portal session gets ids and names of definitions alone: its people type the paths of properties. */
  properties?: readonly Property[];
}

/** What the space defines. */
export interface Defined {
  definitions: readonly Definition[];
  /** Ids of attributes. */
  attributes: readonly string[];
}

/** @returns names from the row inwards, separated by full stops; none where the result has no rows. */
export function columnPaths(dataset: DatasetSchema, request: Request, defined: Defined): string[] {
  const chosen = (field: string) => request[field] ?? dataset.fields[field]?.default;
  const form = dataset.rows.find(({ when }) => when === null || chosen(when.field) === when.value);
  if (form === undefined) return [];
  const added = form.open.flatMap((place) =>
    membersOf(place, request, defined).map((member) => [...place.path, member].join(".")),
  );
  return [...new Set([...form.paths, ...added])];
}

function membersOf({ path, members }: OpenPlace, request: Request, { definitions, attributes }: Defined): string[] {
  switch (members) {
    case "properties":
      return definitionsAsked(definitions, request).flatMap(({ properties = [] }) => properties.flatMap(pathsWithin));
    case "attributes":
      return namesIn(request["attributes"]) ?? [...attributes];
    case "requested":
      return namesIn(request[path.at(-1) ?? ""]) ?? [];
  }
}

const pathsWithin = ({ name, fields }: Property) => [name, ...(fields ?? []).map((field) => `${name}.${field.name}`)];

/** The definitions that the request's names and patterns select; all of them where it names none. */
function definitionsAsked(definitions: readonly Definition[], request: Request): readonly Definition[] {
  const names = namesIn(request["event_names"]);
  if (names === null) return definitions;
  const patterns = names.map((name) => new RegExp(`^${name.split("*").map(escaped).join(".*")}$`));
  return definitions.filter(({ id }) => patterns.some((pattern) => pattern.test(id)));
}

const escaped = (text: string) => text.replaceAll(/[^A-Za-z0-9_]/g, String.raw`\$&`);

const namesIn = (value: unknown): string[] | null =>
  Array.isArray(value) ? value.filter((each) => typeof each === "string") : null;
