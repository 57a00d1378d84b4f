/** The catalogue's building blocks: a built-in definition, and short functions for its properties. */

import type { Field, Property } from "../definition.ts";
import { descriptionOf } from "./descriptions.ts";

export type BuiltInCategory = "template" | "people" | "channel" | "product" | "conversion";

/** A definition that every space has. `enabled` is its initial value. */
export interface BuiltIn {
  id: string;
  name: string;
  /** What its events tell. */
  description: string;
  category: BuiltInCategory;
  enabled: boolean;
  properties: readonly Property[];
}

/** id, name, and the properties that the group does not share. */
export type Entry = readonly [id: string, name: string, properties?: readonly Property[]];

const scalar =
  (type: Field["type"]) =>
  (name: string): Property => ({ name, type, required: false });

export const text = scalar("text");
export const number = scalar("number");
export const boolean = scalar("boolean");
export const date = scalar("date");

export const required = (property: Property): Property => ({ ...property, required: true });

/** The flow element that produced an event, and its message. */
export const FLOW_PROPERTIES: readonly Property[] = [text("flowElementId"), text("messageId")];

/** A group of the catalogue. @param shared properties that follow each definition's own. */
export function group(
  category: BuiltInCategory,
  enabled: boolean,
  entries: readonly Entry[],
  shared: readonly Property[] = [],
): readonly BuiltIn[] {
  return entries.map(([id, name, own = []]) => ({
    id,
    name,
    description: descriptionOf(id),
    category,
    enabled,
    properties: [...own, ...shared],
  }));
}
