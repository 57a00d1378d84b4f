/** The schema of a segment's rule, and what it says of its meaning. */

import * as z from "zod";
import { DefinitionId } from "../../ingest/definition.ts";
import { refuseTooDeep } from "../../segments/limits.ts";
import type { Rule } from "../../segments/rule.ts";
import { Id, textOf, WholeText } from "../schemas.ts";
import { NOTHING_FITS } from "../zod-error-map.ts";

const MAX_VALUES = 1_000;
const MAX_DAYS = 36_500;
const MAX_EVENTS = 1_000;
const MAX_CONDITIONS = 50;

const Attribute = textOf(256).min(1).meta({ description: "An attribute's name." });
const Property = textOf(256).min(1).meta({ description: "The name of an event's property." });

const Scalar = z.union([WholeText, z.number(), z.boolean()], "must be a text, a number, true or false.");
const Ordered = z.union([WholeText, z.number()], "must be a text or a number.");

/** How a value is compared; `named` says which. */
function compared<Named extends z.ZodRawShape>(named: Named) {
  return z.discriminatedUnion("op", [
    z.strictObject({ ...named, op: z.enum(["eq", "neq"]), value: Scalar }),
    z.strictObject({ ...named, op: z.enum(["gt", "gte", "lt", "lte"]), value: Ordered }),
    z.strictObject({ ...named, op: z.literal("in"), value: z.array(Scalar).min(1).max(MAX_VALUES) }),
    z.strictObject({ ...named, op: z.enum(["contains", "starts_with"]), value: WholeText }),
    z.strictObject({
      ...named,
      op: z.literal("exists"),
      value: z.boolean().nullish().meta({ description: "Default true; false: it is missing." }),
    }),
  ]);
}

const Rules = z.lazy(() => z.array(SegmentRule));

const EventRule = z.strictObject({
  event: DefinitionId.meta({ description: "An event definition's id." }),
  within_days: z
    .int()
    .min(1)
    .max(MAX_DAYS)
    .nullish()
    .meta({ description: "Days of 24 hours. Default: as long as the space keeps events." }),
  at_least: z.int().min(1).max(MAX_EVENTS).nullish().meta({ description: "How many such events. Default 1." }),
  properties: z
    .array(compared({ property: Property }))
    .max(MAX_CONDITIONS)
    .nullish()
    .meta({ description: "What must hold of an event, all of it, for the event to count." }),
});

const KINDS = ["all", "any", "none", "attribute", "tag", "event"];

const isOfAKind = (sent: unknown) =>
  typeof sent === "object" && sent !== null && KINDS.some((kind) => Object.hasOwn(sent, kind));

export const SegmentRule: z.ZodType<Rule> = z
  .union(
    [
      z.strictObject({ all: Rules }),
      z.strictObject({ any: Rules }),
      z.strictObject({ none: Rules }),
      z.strictObject({ tag: Id }),
      EventRule,
      // Last: without an `op` it cannot be told from the others.
      compared({ attribute: Attribute }),
    ],
    { error: ({ input }) => (isOfAKind(input) ? NOTHING_FITS : `must have one of ${KINDS.join(", ")}.`) },
  )
  .meta({
    id: "SegmentRule",
    description: `Who is in. Groups: \`all\` (every rule holds; empty: everyone), \`any\` (one holds at least; empty: no one), \`none\` (not one holds). Or the profile has a \`tag\`, an \`attribute\` that compares so, or events.

Comparisons go by type: a text compares with a text, by UTF-8 bytes, so upper and lower case differ and dates compare as they are written; a number with a number; true and false by \`eq\`, \`neq\` and \`in\`. With a value of another type, a list or a missing one no comparison holds. \`neq\` is exactly what \`eq\` is not: it holds where the value is missing or of another type. \`exists\` holds of any value, a list too. \`contains\` and \`starts_with\` are of texts. A null is missing.

An \`event\` rule holds where the person has \`at_least\` so many events of the definition whose \`properties\` all compare so. \`within_days\` counts back from the moment of the export's snapshot, or of the count, in milliseconds; what happened later counts too. Events that are older than the space keeps them do not count. An unknown attribute, tag, definition or property is one that nobody has.`,
  });

/** For a body: refuses what nests too deep before the schema goes down. */
export const SentRule = z.preprocess((sent) => {
  refuseTooDeep(sent);
  return sent;
}, SegmentRule);
