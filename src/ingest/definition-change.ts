/** How a definition may change: a custom one grows freely; a built-in one keeps its name, except custom_event_N. */

import { type Fault, invalid } from "../errors.ts";
import { isCustomEvent } from "./catalogue/conversion.ts";
import { grow, type Property } from "./definition.ts";
import type { Definition } from "./definitions.ts";
import { isDerived } from "./derived.ts";

/** A call's change: absent fields stay as they are, and `properties` are added. */
export interface Change {
  name?: string | undefined;
  description?: string | null | undefined;
  enabled?: boolean | undefined;
  properties?: readonly Property[] | undefined;
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
    properties: grow(old.id, old.properties, change.properties ?? []),
  };
  const faults = old.category === "custom" ? [] : builtInFaults(old, next, change);
  if (faults.length > 0) throw invalid(...faults);
  if (JSON.stringify(next) === JSON.stringify(old)) return null;
  return { ...next, version: old.version + 1, updated_at: now, stored: true };
}

function builtInFaults(old: Definition, next: Definition, change: Change): Fault[] {
  const faults: Fault[] = [];
  if (next.name !== old.name && !isCustomEvent(old.id))
    faults.push({ pointer: "/name", detail: `${old.id} is built in: its name cannot be changed.` });
  if (next.description !== old.description)
    faults.push({ pointer: "/description", detail: `${old.id} is built in: its description cannot be changed.` });
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
