/**
 * The shape of an object of sent values: of an event's properties, or of an item of its list. What was not sent is not
 * stored: with the shape, an object's missing fields are found, counted and filled in at the cost of those it has.
 */

import type { Field, Property } from "./definition.ts";

/** A field of an object. */
export interface ShapeField {
  field: Property | Field;
  /** Its place in the definition's order. */
  place: number;
  /** The name as JSON, with its colon: `"name":`. */
  nameText: string;
  /** The field with a null value, as JSON: `"name":null`. */
  nullText: string;
  /** The bytes of `nullText` in UTF-8. */
  nullBytes: number;
  /** The shape of the list's items; null for a scalar. */
  items: ObjectShape | null;
}

export class ObjectShape {
  readonly fields: readonly ShapeField[];
  readonly required: readonly ShapeField[];
  readonly #byName: ReadonlyMap<string, ShapeField>;
  /** The bytes of an object in which every field is null, without its braces. */
  readonly #nullBytes: number;
  /** place → the null texts from there on. Most objects of a definition lack the same fields. */
  readonly #rest = new Map<number, string>();

  /** @param fields in the definition's order. */
  constructor(fields: readonly (Property | Field)[]) {
    this.fields = fields.map((field, place) => {
      const nameText = `${JSON.stringify(field.name)}:`;
      const nullText = `${nameText}null`;
      const items = field.type === "list" && "fields" in field ? new ObjectShape(field.fields ?? []) : null;
      return { field, place, nameText, nullText, nullBytes: Buffer.byteLength(nullText), items };
    });
    this.required = this.fields.filter(({ field }) => field.required);
    this.#byName = new Map(this.fields.map((each) => [each.field.name, each]));
    this.#nullBytes = this.fields.reduce((sum, each) => sum + each.nullBytes, 0) + Math.max(0, fields.length - 1);
  }

  find(name: string): ShapeField | undefined {
    return this.#byName.get(name);
  }

  /** The bytes that an object grows by when its missing fields are filled in. @param present the fields that it has. */
  missingBytes(present: readonly ShapeField[]): number {
    return present.reduce((sum, each) => sum - each.nullBytes, this.#nullBytes) - Math.max(0, present.length - 1);
  }

  /** The null texts of the fields from one place up to another, separated by commas. */
  nulls(from: number, to = this.fields.length): string {
    if (to < this.fields.length) return this.#join(from, to);
    const known = this.#rest.get(from) ?? this.#join(from, to);
    this.#rest.set(from, known);
    return known;
  }

  #join(from: number, to: number): string {
    return this.fields
      .slice(from, to)
      .map((each) => each.nullText)
      .join();
  }
}

/** Built-in definitions keep their list of properties from call to call. */
const shapes = new WeakMap<readonly Property[], ObjectShape>();

/** The shape of the properties of a definition's events. */
export function shapeOf(properties: readonly Property[]): ObjectShape {
  const known = shapes.get(properties) ?? new ObjectShape(properties);
  shapes.set(properties, known);
  return known;
}
