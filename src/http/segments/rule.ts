/** The schema of a segment's rule, with the description of its meaning. */

import * as z from "zod";
import { DefinitionId } from "../../ingest/definition.ts";
import { rejectTooLarge } from "../../segments/limits.ts";
import type { Rule } from "../../segments/rule.ts";
import { Id, nameOf, WholeText } from "../schemas.ts";
import { NO_FORM_MATCHES } from "../zod-error-map.ts";

const MAX_VALUES = 1_000;
const MAX_DAYS = 36_500;
const MAX_EVENTS = 1_000;
const MAX_CONDITIONS = 50;

const Attribute = nameOf(256).meta({ description: "An attribute's name." });
const Property = nameOf(256).meta({ description: "The name of an event's property." });

const Scalar = z.union([WholeText, z.number(), z.boolean()], "must be a text, a number, true or false.");
const Ordered = z.union([WholeText, z.number()], "must be a text or a number.");

/** A comparison of a value; `named` is the field that names the value. */
function compared<Named extends z.ZodRawShape>(named: Named) {
  return z.discriminatedUnion("op", [
    z.strictObject({ ...named, op: z.enum(["eq", "neq"]), value: Scalar }),
    z.strictObject({ ...named, op: z.enum(["gt", "gte", "lt", "lte"]), value: Ordered }),
    z.strictObject({ ...named, op: z.literal("in"), value: z.array(Scalar).min(1).max(MAX_VALUES) }),
    z.strictObject({ ...named, op: z.enum(["contains", "starts_with"]), value: WholeText }),
    z.strictObject({
      ...named,
      op: z.literal("exists"),
      value: z.boolean().nullish().meta({ description: "Default true; false holds if the value is missing." }),
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
    .meta({ description: "Days of 24 hours. Default: the space's retention." }),
  at_least: z
    .int()
    .min(1)
    .max(MAX_EVENTS)
    .nullish()
    .meta({ description: "The least number of such events. Default 1." }),
  properties: z
    .array(compared({ property: Property }))
    .max(MAX_CONDITIONS)
    .nullish()
    .meta({ description: "Conditions that an event must all meet to count." }),
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
      // Last: a rule without an `op` matches none of the others either, and their errors say more.
      compared({ attribute: Attribute }),
    ],
    {
      error: ({ input }) =>
        isOfAKind(input) ? NO_FORM_MATCHES : `must have one of the properties ${KINDS.join(", ")}.`,
    },
  )
  .meta({
    id: "SegmentRule",
    description: `A rule that selects profiles. Groups: \`all\` (every rule holds; an empty list selects everyone), \`any\` (at least one rule holds; an empty list selects no one), \`none\` (no rule holds). Other rules test a \`tag\`, an \`attribute\` or the events of a profile.

Only values of one type compare. Texts compare by UTF-8 bytes, so case matters, and dates compare as texts; numbers compare with numbers; true and false support \`eq\`, \`neq\` and \`in\`. No comparison holds for a value of another type, a list, or a missing value. \`neq\` is the negation of \`eq\`: it holds if the value is missing or has another type. \`exists\` holds for any value, lists included. \`contains\` and \`starts_with\` apply to texts. A null counts as missing.

An \`event\` rule holds if the person has \`at_least\` that many events of the definition that meet all \`properties\`. \`within_days\` counts back from the export's snapshot, or from the count, to the millisecond; later events count too. Events older than the space's retention do not count.`,
  });

/** The rule in a request body: too large a rule is rejected before the recursive schema runs. */
export const SentRule = z.preprocess((sent) => {
  rejectTooLarge(sent);
  return sent;
}, SegmentRule);
