/**
 * Checks an event's properties against its definition, and renders the JSON that is stored: the properties that were
 * sent, with keys in the definition's order. A property that was left out or is null is not stored. Rows show it as
 * null: datasets/event-properties.ts fills it in when they are read.
 */

import { MAX_ROW_BYTES } from "../db/events/event-rows.ts";
import { type Fault, pointerToken } from "../errors.ts";
import { type IngestRules, rulesOf } from "./catalogue/rules.ts";
import type { Property, Scalar } from "./definition.ts";
import { type ObjectShape, type ShapeField, shapeOf } from "./object-shape.ts";
import { didYouMean } from "../suggestion.ts";
import { isInstantOrDay } from "../time/instant.ts";

/** JSON numbers are read as 64-bit floating point, which rounds larger integers. */
export const INEXACT = "is an integer beyond 2^53, which JSON numbers do not keep exactly. Send it as a text.";

/** The most faults that are listed for one event. */
const MAX_EVENT_FAULTS = 20;

/** An event's properties, checked. */
export interface CanonicalProperties {
  /** JSON object: what is stored; not valid when faults were added. */
  text: string;
  /** The bytes that a row has beyond these: null for everything that was left out. */
  missingBytes: number;
}

/**
 * @param pointer the properties' JSON pointer in the body, e.g. `/events/3/properties`.
 * @param faults what is wrong is added here. An event that is larger than a row may be has no fault here: the walk ends
 * when `missingBytes` alone exceeds it.
 * @param suggests whether the fault of an unknown name says which one may have been meant.
 */
export function canonicalProperties(
  definition: { id: string; category: string; properties: readonly Property[] },
  properties: Readonly<Record<string, unknown>>,
  pointer: string,
  faults: Fault[],
  suggests = false,
): CanonicalProperties {
  const rules = rulesOf(definition);
  const complete = rules.complete?.(properties) ?? properties;
  const walk = new Walk(suggests);
  const unknown = (name: string) =>
    `The definition ${definition.id} has no property ${name}. Names are case-sensitive.`;
  const text = walk.object(shapeOf(definition.properties), complete, pointer, unknown, rules.values);
  faults.push(...walk.faults);
  return { text, missingBytes: walk.missingBytes };
}

/** The walk through one event's properties: its cost follows from what was sent, not from the definition. */
class Walk {
  readonly faults: Fault[] = [];
  missingBytes = 0;
  readonly #suggests: boolean;

  /** @param suggests as of `canonicalProperties`. */
  constructor(suggests: boolean) {
    this.#suggests = suggests;
  }

  get #ends(): boolean {
    return this.faults.length >= MAX_EVENT_FAULTS || this.missingBytes > MAX_ROW_BYTES;
  }

  #fault(pointer: string, detail: string): void {
    if (this.faults.length < MAX_EVENT_FAULTS) this.faults.push({ pointer, detail });
  }

  #meant(name: string, shape: ObjectShape): string {
    if (!this.#suggests) return "";
    return didYouMean(
      name,
      shape.fields.map(({ field }) => field.name),
    );
  }

  /** @param unknown the fault of a name that is not among the fields. */
  object(
    shape: ObjectShape,
    record: Readonly<Record<string, unknown>>,
    pointer: string,
    unknown: (name: string) => string,
    rules?: IngestRules["values"],
  ): string {
    const present: ShapeField[] = [];
    let last = -1;
    let isOrdered = true;
    for (const name of Object.keys(record)) {
      const known = shape.find(name);
      if (known === undefined) this.#fault(at(pointer, name), unknown(name) + this.#meant(name, shape));
      else if ((record[name] ?? null) !== null) {
        present.push(known);
        isOrdered &&= known.place > last;
        last = known.place;
      }
      if (this.#ends) return "{}";
    }
    for (const { field } of shape.required)
      if (!Object.hasOwn(record, field.name) || (record[field.name] ?? null) === null)
        this.#fault(at(pointer, field.name), `${field.name} is required.`);
    this.missingBytes += shape.missingBytes(present);
    if (!isOrdered) present.sort((a, b) => a.place - b.place);
    let pairs = "";
    for (const each of present) {
      const { name } = each.field;
      const value = this.#value(each, record[name], pointer, rules);
      pairs += pairs === "" ? each.nameText + value : `,${each.nameText}${value}`;
    }
    return `{${pairs}}`;
  }

  /** @param pointer of the object that has the value. */
  #value({ field, items }: ShapeField, value: unknown, pointer: string, rules?: IngestRules["values"]): string {
    if (field.type === "list") return this.#list(field.name, items, value, at(pointer, field.name));
    const problem = scalarProblem(field.type, value) ?? rules?.get(field.name)?.(value) ?? null;
    if (problem === null) return JSON.stringify(value);
    this.#fault(at(pointer, field.name), `${field.name} ${problem}`);
    return "null";
  }

  #list(name: string, shape: ObjectShape | null, value: unknown, pointer: string): string {
    if (!Array.isArray(value) || shape === null) {
      this.#fault(pointer, `${name} must be a list of objects.`);
      return "[]";
    }
    const unknown = (field: string) => `${name} has no field ${field}.`;
    const texts: string[] = [];
    for (const [index, item] of value.entries()) {
      if (this.#ends) break;
      const place = `${pointer}/${index}`;
      if (typeof item !== "object" || item === null || Array.isArray(item))
        this.#fault(place, `Each item of ${name} must be an object.`);
      else texts.push(this.object(shape, item as Record<string, unknown>, place, unknown));
    }
    return `[${texts.join()}]`;
  }
}

/** The pointer of a member. */
const at = (pointer: string, name: string) => `${pointer}/${pointerToken(name)}`;

/** @returns what is wrong with a value of this type, in words that follow its name; null: nothing. */
export function scalarProblem(type: Scalar, value: unknown): string | null {
  switch (type) {
    case "text":
      if (typeof value !== "string") return "must be a text.";
      return value.isWellFormed() ? null : "contains half of a surrogate pair, which is not a character.";
    case "boolean":
      return typeof value === "boolean" ? null : "must be true or false.";
    case "number":
      if (typeof value !== "number" || !Number.isFinite(value)) return "must be a number.";
      return Number.isInteger(value) && !Number.isSafeInteger(value) ? INEXACT : null;
    case "date":
      return typeof value === "string" && isInstantOrDay(value)
        ? null
        : "must be an RFC 3339 date and time with an offset, or a day, of the years 0001 to 9999: for example 2026-01-31T09:30:00.000Z or 2026-01-31.";
  }
}
