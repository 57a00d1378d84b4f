/**
 * Schemas of tools' arguments as JSON Schema, made from the schemas that validate. An assistant keeps the list of tools
 * in its context for a whole conversation, so they are short: whole sentences up to a length, no patterns, no long
 * enumerations. `describe_dataset` has the whole schema of a dataset. The calls behind the tools validate.
 */

import * as z from "zod";
import type { AnyDataset } from "../../datasets/dataset.ts";
import { DATASETS } from "../../datasets/index.ts";
import { requestShape } from "../../export/api/request.ts";

export type JsonSchema = z.core.JSONSchema.BaseSchema;

interface Length {
  /** Characters of a description. */
  text: number;
  /** Values of an enumeration. */
  values: number;
}

const SHORT: Length = { text: 120, values: 20 };
const WHOLE: Length = { text: Infinity, values: Infinity };

/**
 * Where an assistant may have an export delivered. It names no bucket of its own choice, and no address for a webhook:
 * a text that it reads could talk it into sending a space's data elsewhere.
 */
const StoredDelivery = z
  .discriminatedUnion("type", [
    z.strictObject({ type: z.literal("download") }),
    z.strictObject({ type: z.literal("s3"), destination_id: z.string() }),
  ])
  .meta({
    description:
      "`download` (the default): the service keeps the files. `s3`: the service writes them to a destination that the space has stored.",
  });

/** The arguments that ask for an export of one dataset, as the API takes them, apart from free destinations. */
function shapeOf(dataset: AnyDataset): z.ZodRawShape {
  const { callback_url: _address, delivery: _anywhere, ...shape } = requestShape(dataset);
  return { ...shape, delivery: StoredDelivery.optional() };
}

/** The whole schema of a dataset's request. */
export const requestSchemaOf = (dataset: AnyDataset): JsonSchema =>
  cut(z.toJSONSchema(z.strictObject(shapeOf(dataset)), { io: "input" }), WHOLE);

/** The schema of an operation's parameters. */
export const schemaOfParameters = (shape: z.ZodRawShape): JsonSchema =>
  cut(z.toJSONSchema(z.strictObject(shape), { io: "input" }), SHORT);

/**
 * The parameters of every dataset in one object. Providers of assistants accept no alternatives at the outermost level,
 * so a parameter that only some datasets have names them.
 */
export function schemaOfAnyRequest(): JsonSchema {
  const variants = new Map<string, Map<string, { schema: JsonSchema; datasets: string[] }>>();
  for (const dataset of DATASETS)
    for (const [name, schema] of Object.entries(schemaOfParameters(shapeOf(dataset)).properties ?? {})) {
      const ofName = variants.get(name) ?? new Map<string, { schema: JsonSchema; datasets: string[] }>();
      const { datasets } = ofName.get(JSON.stringify(schema)) ?? { datasets: [] };
      ofName.set(JSON.stringify(schema), { schema: schema as JsonSchema, datasets: [...datasets, dataset.name] });
      variants.set(name, ofName);
    }
  const properties = [...variants].map(([name, ofName]) => [name, merged([...ofName.values()])]);
  return {
    type: "object",
    properties: {
      ...Object.fromEntries(properties),
      dataset: {
        type: "string",
        enum: DATASETS.map(({ name }) => name),
        description: "What one record is. describe_dataset shows the parameters that this dataset has.",
      },
    },
    required: ["dataset"],
    additionalProperties: false,
  };
}

/** One schema for a parameter whose schemas differ between datasets: what they have in common. */
function merged(variants: readonly { schema: JsonSchema; datasets: readonly string[] }[]): JsonSchema {
  const [first, ...others] = variants.map(({ schema }) => schema);
  const common = others.reduce((left, right) => intersection(left, right), first ?? {});
  const everywhere = variants.length === 1 && variants[0]?.datasets.length === DATASETS.length;
  if (everywhere) return common;
  const texts = variants.map(({ schema, datasets }) => `${datasets.join(", ")}: ${schema.description ?? "see there."}`);
  return { ...common, description: texts.join(" ") };
}

/** The members that two schemas have in common. */
function intersection(left: JsonSchema, right: JsonSchema): JsonSchema {
  return Object.fromEntries(
    Object.entries(left).flatMap(([key, value]): [string, unknown][] => {
      const other = right[key];
      if (JSON.stringify(value) === JSON.stringify(other)) return [[key, value]];
      return isSchema(value) && isSchema(other) ? [[key, intersection(value, other)]] : [];
    }),
  );
}

const isSchema = (value: unknown): value is JsonSchema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The keywords that an assistant is given. The others are for validators. */
const KEPT = new Set(["type", "const", "format", "default", "required", "minimum", "maximum"]);

function cut(schema: JsonSchema, length: Length): JsonSchema {
  const shorter = (value: unknown) => (isSchema(value) ? cut(value, length) : value);
  return Object.fromEntries(
    Object.entries(schema).flatMap(([key, value]): [string, unknown][] => {
      if (KEPT.has(key)) return Math.abs(Number(value)) === Number.MAX_SAFE_INTEGER ? [] : [[key, value]];
      if (key === "description") return [[key, sentences(String(value), length.text)]];
      if (key === "enum") return Array.isArray(value) && value.length <= length.values ? [[key, value]] : [];
      if (key === "items" || key === "additionalProperties") return [[key, shorter(value)]];
      if ((key === "anyOf" || key === "oneOf") && Array.isArray(value)) return [["anyOf", value.map(shorter)]];
      if (key === "$ref") return [length === WHOLE ? [key, value] : ["type", "object"]];
      if (key !== "properties" && (key !== "$defs" || length !== WHOLE)) return [];
      if (!isSchema(value)) return [];
      return [[key, Object.fromEntries(Object.entries(value).map(([name, each]) => [name, shorter(each)]))]];
    }),
  );
}

/** The first sentences, as many as fit, and at least one. */
function sentences(text: string, max: number): string {
  const [first = "", ...others] = text.split(/(?<=\.) (?=[A-Z`])/);
  let kept = first;
  for (const next of others) {
    if (kept.length + next.length >= max) break;
    kept = `${kept} ${next}`;
  }
  return kept;
}
