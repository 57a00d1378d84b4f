/** The schema of a mapping of events, and the function from rows to events that it describes. Pure. */

import * as z from "zod";
import { pointerTo } from "./pointer.ts";
import { columnsIn, readWith, Text, valueOf } from "./mapped-value.ts";
import { emptyObject, type SentObject, setterFor } from "./setter.ts";
import type { Place } from "./template.ts";

const NO_TIME = ' To let the event occur when it is received, add "if_empty": "skip" to occurred_at in the mapping.';

/** The content of the file that `--map` names. */
export const Mapping = z
  .strictObject({
    id: Text.optional(),
    definition_id: Text,
    person_id: Text.optional(),
    external_person_id: Text.optional(),
    session_id: Text.optional(),
    company_id: Text.optional(),
    occurred_at: valueOf("date").optional(),
    properties: z.record(z.string(), valueOf()),
  })
  .refine((mapping) => mapping.person_id !== undefined || mapping.external_person_id !== undefined, {
    path: ["person_id"],
    message: "or external_person_id is required: an event belongs to a person",
  });
export type Mapping = z.output<typeof Mapping>;

/** @param name of the file, for the message. @throws InputError with a line for each error. */
export function readMapping(text: string, name: string): Mapping {
  return readWith(Mapping, text, name);
}

/** Every column that a mapping reads. */
export function columnsOf(mapping: Mapping): string[] {
  const { properties, ...fields } = mapping;
  return columnsIn([...Object.values(fields), ...Object.values(properties)]);
}

/** @returns a function from rows to events, which throws a RowProblem for the first invalid value. */
export function compileMapping(mapping: Mapping): (place: Place) => SentObject {
  const { properties, occurred_at: time, ...texts } = mapping;
  const fields = Object.entries(texts).flatMap(([name, value]) =>
    value === undefined ? [] : [setterFor(value, `/${name}`, name, "id")],
  );
  if (time !== undefined) {
    // An event without a time occurs when it is received: seldom what a file of the past means.
    const strict =
      time.default === undefined && time.if_empty === undefined ? { ...time, if_empty: "refuse" as const } : time;
    fields.push(setterFor(strict, "/occurred_at", "occurred_at", "date", NO_TIME));
  }
  const others = Object.entries(properties).map(([name, value]) =>
    setterFor(value, pointerTo(["properties", name]), name, value.type),
  );
  return (place) => {
    const event = emptyObject();
    for (const set of fields) set(place, event);
    const bag = emptyObject();
    for (const set of others) set(place, bag);
    event["properties"] = bag;
    return event;
  };
}
