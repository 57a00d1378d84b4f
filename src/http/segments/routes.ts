/** /v1/segments: named rules that select profiles. */

import * as z from "zod";
import { deleteSegment, findSegment, listSegments, putSegment, type SegmentRow } from "../../db/profiles/segments.ts";
import { invalid } from "../../errors.ts";
import { MAX_RULE_BYTES, MAX_DEPTH, MAX_EVENT_RULES, MAX_RULES, rejectTooComplex } from "../../segments/limits.ts";
import { ruleFaults } from "../../segments/check.ts";
import { validate } from "../validate.ts";
import { refuseOneTooMany } from "../caps.ts";
import { byId, list } from "../list.ts";
import { resource } from "../resource.ts";
import { deleted, found, json, route } from "../route.ts";
import { Finding, Id, IdInPath, Name, times, timesOf } from "../schemas.ts";
import { countSegment } from "./counts.ts";
import { definedNames, ruleWarnings } from "./defined.ts";
import { SegmentRule, SentRule } from "./rule.ts";

const MAX_BYTES = 262_144;
/** More than a rule of MAX_RULE_BYTES can have. */
const MAX_VALUES = 40_000;

const Segment = z.object({ id: z.string(), name: z.string(), rule: SegmentRule, ...times }).meta({ id: "Segment" });

const CheckedSegment = Segment.extend({
  warnings: z.array(Finding).meta({
    description: "Attributes and tags in the rule that are not defined and that no profile has.",
  }),
}).meta({ id: "CheckedSegment" });

export const segmentsResource = resource("/v1/segments", "Segments", [
  route({
    method: "PUT",
    path: "/{id}",
    operationId: "putSegment",
    summary: "Create or replace a segment",
    description: `Exports that already exist keep the previous rule. A rule may contain at most ${MAX_RULES} rules (counting itself and the conditions on events' properties), ${MAX_EVENT_RULES} of them about events, and have ${MAX_DEPTH} levels and ${MAX_RULE_BYTES} bytes. A rule above one of these limits, or one that the database cannot evaluate, is rejected as \`segment_too_complex\` with the limit in its detail.

A rule on an event that is not defined, on a property that its definition lacks or that is a list, or with a comparison that does not apply to the type of the property or of the defined attribute, is 422. An attribute or a tag that is not defined and that no profile has is told in \`warnings\`.`,
    auth: "profiles:write",
    params: IdInPath,
    body: {
      schema: z.strictObject({
        id: z.string().nullish().meta({ description: "If sent, the id in the address." }),
        name: Name,
        rule: SentRule,
      }),
      maxBytes: MAX_BYTES,
      maxValues: MAX_VALUES,
      example: {
        name: "Gold customers who bought lately",
        rule: {
          all: [
            { attribute: "tier", op: "in", value: ["gold", "platinum"] },
            {
              event: "order_placed",
              within_days: 30,
              at_least: 2,
              properties: [{ property: "amount", op: "gte", value: 100 }],
            },
            { none: [{ tag: "staff" }] },
          ],
        },
      },
    },
    responses: { 200: { description: "The segment as stored.", schema: CheckedSegment } },
    errors: ["segment_too_complex", "conflict"],
    async handle(call, { space, params, body }) {
      const id = validate(Id, params.id, () => "/id");
      if (typeof body.id === "string" && body.id !== id)
        throw invalid({ pointer: "/id", detail: "id must equal the id in the address. Correct it or omit it." });
      rejectTooComplex(body.rule);
      const db = call.databases.space(space.id);
      const faults = ruleFaults(body.rule, await definedNames(db, space, body.rule), ["rule"]);
      if (faults.length > 0) throw invalid(...faults);
      await refuseOneTooMany(call, space, "segment", id);
      const segment = { id, name: body.name, rule: JSON.stringify(body.rule) };
      const row = await putSegment(db, space.id, segment, call.runtime.now());
      return json({ ...show(row), warnings: await ruleWarnings(db, space, body.rule) });
    },
  }),
  list({
    operationId: "listSegments",
    summary: "List segments",
    auth: "profiles:read",
    portal: ["exports:write"],
    item: Segment,
    page: "Segments, by id.",
    read: (call, { space, limit, after }) =>
      listSegments(call.databases.space(space.id), space.id, after?.id ?? null, limit),
    positionOf: byId,
    show,
  }),
  route({
    method: "GET",
    path: "/{id}",
    operationId: "getSegment",
    summary: "Show a segment",
    auth: "profiles:read",
    params: IdInPath,
    responses: { 200: { description: "The segment.", schema: Segment } },
    async handle(call, { space, params }) {
      return json(show(found(await findSegment(call.databases.space(space.id), space.id, params.id))));
    },
  }),
  route({
    method: "DELETE",
    path: "/{id}",
    operationId: "deleteSegment",
    summary: "Delete a segment",
    description: "Exports that already exist still read the segment.",
    auth: "profiles:write",
    params: IdInPath,
    responses: { 204: { description: "The segment is deleted." } },
    async handle(call, { space, params }) {
      return deleted(await deleteSegment(call.databases.space(space.id), space.id, params.id));
    },
  }),
  countSegment,
]);

function show(row: SegmentRow) {
  return { id: row.id, name: row.name, rule: JSON.parse(row.rule) as unknown, ...timesOf(row) };
}
