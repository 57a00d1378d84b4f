/** An event definition as answers have it. */

import * as z from "zod";
import { DefinitionId, Property } from "../../ingest/definition.ts";
import { tracksAttributes } from "../../ingest/derived.ts";
import { propertyDescriptionOf } from "../../ingest/catalogue/property-descriptions.ts";
import type { Definition } from "../../ingest/definitions.ts";
import { times, timesOf } from "../schemas.ts";

export const CATEGORIES = ["custom", "template", "people", "channel", "product", "conversion"] as const;

export const Shown = z
  .object({
    id: DefinitionId,
    name: z.string(),
    description: z.string().nullable(),
    section_id: z.string(),
    category: z.enum(CATEGORIES),
    enabled: z.boolean(),
    version: z.number().int().meta({ description: "Begins with 1; each change is the next version." }),
    properties: z.array(Property),
    attributes: z.array(z.string()).nullable().optional().meta({
      description:
        "Of `customAttributeChanged` alone: the attributes whose changes give events; null: those of every attribute that is not native.",
    }),
    ...times,
  })
  .meta({ id: "EventDefinition" });

/** A property with its description, if it has one. */
function described({ id, category }: Definition, property: Property): Property {
  const description = property.description ?? (category === "custom" ? null : propertyDescriptionOf(id, property.name));
  return description === null ? property : { ...property, description };
}

export function show(definition: Definition) {
  return {
    id: definition.id,
    name: definition.name,
    description: definition.description,
    section_id: definition.section_id,
    category: definition.category,
    enabled: definition.enabled,
    version: definition.version,
    properties: definition.properties.map((property) => described(definition, property)),
    ...(tracksAttributes(definition) ? { attributes: definition.attributes } : {}),
    ...timesOf(definition),
  };
}
