/**
 * The schema of a mapping of profiles (`--profiles`), and the function from rows to profiles that it describes. Pure.
 */

import * as z from "zod";
import { pointerTo } from "./pointer.ts";
import { derivedPersonId } from "./create-profiles.ts";
import { columnsIn, readWith, SCALARS, Text, type Value, valueOf } from "./mapped-value.ts";
import { emptyObject, RowProblem, type SentObject, type Setter, setterFor } from "./setter.ts";
import type { Place } from "./template.ts";

export const ProfileMapping = z
  .strictObject({
    person_id: Text.optional(),
    external_person_id: Text.optional(),
    company_id: Text.optional(),
    type: Text.optional(),
    identifiers: z.record(z.string(), Text).optional(),
    attributes: z.record(z.string(), valueOf(undefined, SCALARS)).optional(),
  })
  .refine((mapping) => mapping.person_id !== undefined || mapping.external_person_id !== undefined, {
    path: ["person_id"],
    message: "or external_person_id is required: a profile is a person's",
  });
export type ProfileMapping = z.output<typeof ProfileMapping>;

/** @param name of the file, for the message. @throws InputError with a line for each error. */
export function readProfileMapping(text: string, name: string): ProfileMapping {
  return readWith(ProfileMapping, text, name);
}

/** Every column that a mapping reads. */
export function profileColumnsOf({ identifiers = {}, attributes = {}, ...fields }: ProfileMapping): string[] {
  return columnsIn([...Object.values(fields), ...Object.values(identifiers), ...Object.values(attributes)]);
}

/** @returns a function from rows to profiles, which throws a RowProblem for the first invalid value. */
export function compileProfileMapping({
  identifiers = {},
  attributes = {},
  ...fields
}: ProfileMapping): (place: Place) => SentObject {
  const settersOf = (
    values: Record<string, Value | undefined>,
    at: string[],
    typeOf: (value: Value) => Value["type"] | "id",
  ) =>
    Object.entries(values).flatMap(([name, value]): Setter[] =>
      value === undefined ? [] : [setterFor(value, pointerTo([...at, name]), name, typeOf(value))],
    );
  const own = settersOf(fields, [], () => "id");
  const maps = {
    identifiers: settersOf(identifiers, ["identifiers"], () => "id"),
    attributes: settersOf(attributes, ["attributes"], (value) => value.type),
  };
  return (place) => {
    const profile = emptyObject();
    for (const set of own) set(place, profile);
    for (const [name, setters] of Object.entries(maps)) {
      const members = emptyObject();
      for (const set of setters) set(place, members);
      if (Object.keys(members).length > 0) profile[name] = members;
    }
    return withPersonId(profile);
  };
}

/** A profile with only an external id gets the same `person_id` as `--create-profiles` gives its person. */
export function withPersonId(profile: SentObject): SentObject {
  const { person_id: id, external_person_id: externalId } = profile;
  if (id !== undefined && id !== null) return profile;
  if (typeof externalId !== "string" || externalId === "")
    throw new RowProblem("/person_id", "The row has neither a person_id nor an external_person_id.");
  profile["person_id"] = derivedPersonId(externalId);
  return profile;
}
