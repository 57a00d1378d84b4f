/** How a definition may change: a custom one grows freely; a built-in one keeps its name, except custom_event_N. */

import { type Fault, invalid } from "../errors.ts";
import { builtIn } from "./catalogue/catalogue.ts";
import { propertyDescriptionOf } from "./catalogue/property-descriptions.ts";
import { isCustomEvent } from "./catalogue/conversion.ts";
import { grow, type Property } from "./definition.ts";
import type { Definition } from "./definitions.ts";
import { ATTRIBUTE_CHANGED, isDerived, tracksAttributes } from "./derived.ts";
import { NATIVE_MARK } from "./native-attributes.ts";

/** A call's change: absent fields stay as they are, and `properties` are added. */
export interface Change {
  name?: string | undefined;
  description?: string | null | undefined;
  enabled?: boolean | undefined;
  properties?: readonly Property[] | undefined;
  /** Replaces the attributes whose changes give events; null: all. */
  attributes?: readonly string[] | null | undefined;
}

/**
 * The definition's next version; null when nothing changes.
 * @param now epoch ms.
 * @throws invalid_request with a pointer to each field that cannot be changed.
 */
export function applyChange(old: Definition, change: Change, now: number): Definition | null {
  const next: Definition = {
    ...old,
    name: change.name ?? old.name,
    description: change.description === undefined ? old.description : change.description,
    enabled: change.enabled ?? old.enabled,
    properties: grow(old.id, old.properties, withoutOwn(old, change.properties ?? [])),
    attributes: change.attributes === undefined ? old.attributes : change.attributes,
  };
  const faults = [
    ...(old.category === "custom" ? [] : builtInFaults(old, next, change)),
    ...attributeFaults(old, change.attributes ?? null),
  ];
  if (faults.length > 0) throw invalid(...faults);
  if (JSON.stringify(next) === JSON.stringify(old)) return null;
  return { ...next, version: old.version + 1, updated_at: now, stored: true };
}

/** Whether a property of a built-in definition was sent with the description that it has anyway. */
const isOwn = ({ id, category }: Definition, { name, description }: Property): boolean =>
  category !== "custom" && description !== undefined && description === propertyDescriptionOf(id, name);

/** The sent properties, without descriptions that are the catalogue's: these are not stored. */
const withoutOwn = (old: Definition, sent: readonly Property[]): Property[] =>
  sent.map((property) => {
    if (!isOwn(old, property)) return property;
    const { description: _, ...rest } = property;
    return rest;
  });

function attributeFaults(old: Definition, attributes: readonly string[] | null): Fault[] {
  if (attributes === null) return [];
  if (!tracksAttributes(old))
    return [{ pointer: "/attributes", detail: `${old.id} has no attributes: ${ATTRIBUTE_CHANGED} alone has.` }];
  return attributes.flatMap((name, index) =>
    name.startsWith(NATIVE_MARK)
      ? [
          {
            pointer: `/attributes/${index}`,
            detail: `${name} is native: its changes give events of other definitions.`,
          },
        ]
      : [],
  );
}

function builtInFaults(old: Definition, next: Definition, change: Change): Fault[] {
  const faults: Fault[] = [];
  if (next.name !== old.name && !isCustomEvent(old.id))
    faults.push({ pointer: "/name", detail: `${old.id} is built in: its name cannot be changed.` });
  if (next.description !== old.description)
    faults.push({ pointer: "/description", detail: `${old.id} is built in: its description cannot be changed.` });
  const catalogued = new Set(builtIn(old.id)?.properties.map(({ name }) => name));
  for (const [index, sent] of (change.properties ?? []).entries())
    if (catalogued.has(sent.name) && !isOwn(old, sent) && sent.description !== undefined)
      faults.push({
        pointer: `/properties/${index}/description`,
        detail: `${sent.name} is built in: its description cannot be changed.`,
      });
  if (!isDerived(old)) return faults;
  const present = new Set(old.properties.map((property) => property.name));
  for (const [index, added] of (change.properties ?? []).entries())
    if (added.required && !present.has(added.name))
      faults.push({
        pointer: `/properties/${index}/required`,
        detail: `The service itself creates events of ${old.id}, without a value for this property: it cannot be required.`,
      });
  return faults;
}
