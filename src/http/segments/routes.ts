/** Segments over HTTP: rules that say which profiles are in. */

import * as z from "zod";
import { pendingDeletions } from "../../db/profiles/deletions.ts";
import {
  countMatching,
  COUNTING,
  deleteSegment,
  findSegment,
  listSegments,
  putSegment,
  type SegmentRow,
} from "../../db/profiles/segments.ts";
import { readSequence } from "../../db/core/sequences.ts";
import { invalid, SpillwayError } from "../../errors.ts";
import { compileSegment } from "../../segments/compile.ts";
import { filterAt } from "../../segments/filter.ts";
import {
  MAX_RULE_BYTES,
  MAX_DEPTH,
  MAX_EVENT_RULES,
  MAX_RULES,
  profilesAtOnce,
  refuseTooComplex,
} from "../../segments/limits.ts";
import type { Rule } from "../../segments/rule.ts";
import { iso } from "../../time/names.ts";
import { validate } from "../validate.ts";
import { byId, list } from "../list.ts";
import { resource } from "../resource.ts";
import { json, route } from "../route.ts";
import { Id, Name, Time } from "../schemas.ts";
import { SegmentRule, SentRule } from "./rule.ts";

const MAX_BYTES = 262_144;

const Segment = z
  .object({ id: z.string(), name: z.string(), rule: SegmentRule, created_at: Time, updated_at: Time })
  .meta({ id: "Segment" });

const Count = z.object({ count: z.number().int(), counted_at: Time }).meta({ id: "SegmentCount" });

const params = z.object({ id: z.string() });

export const segmentsResource = resource("/v1/segments", [
  route({
    method: "PUT",
    path: "/{id}",
    operationId: "putSegment",
    summary: "Make or replace a segment",
    description: `An export that was asked for before reads the rule as it stood then. A rule has at most ${MAX_RULES} rules within it (itself, and those about events' properties, included), ${MAX_EVENT_RULES} of them about events, ${MAX_DEPTH} levels and ${MAX_RULE_BYTES} bytes: what is more is refused as \`segment_too_complex\`, which says by how much, as is what would be too long for the store otherwise.`,
    tag: "Segments",
    auth: "profiles:write",
    params,
    body: {
      schema: z.strictObject({
        id: z.string().nullish().meta({ description: "The address's own, where it is given." }),
        name: Name,
        rule: SentRule,
      }),
      maxBytes: MAX_BYTES,
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
    responses: { 200: { description: "The segment as it stands.", schema: Segment } },
    errors: ["segment_too_complex"],
    async handle(call, { space, params, body }) {
      const id = validate(Id, params.id, () => "/id");
      if (typeof body.id === "string" && body.id !== id)
        throw invalid({ pointer: "/id", detail: "id must be the address's own, or left out." });
      refuseTooComplex(body.rule);
      const segment = { id, name: body.name, rule: JSON.stringify(body.rule) };
      return json(show(await putSegment(call.databases.space(space.id), space.id, segment, call.runtime.now())));
    },
  }),
  list({
    path: "/",
    operationId: "listSegments",
    summary: "List segments",
    tag: "Segments",
    auth: "profiles:read",
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
    tag: "Segments",
    auth: "profiles:read",
    params,
    responses: { 200: { description: "The segment.", schema: Segment } },
    errors: ["not_found"],
    async handle(call, { space, params }) {
      const row = await findSegment(call.databases.space(space.id), space.id, params.id);
      if (row === null) throw new SpillwayError("not_found");
      return json(show(row));
    },
  }),
  route({
    method: "DELETE",
    path: "/{id}",
    operationId: "deleteSegment",
    summary: "Delete a segment",
    description: "Exports that were asked for before still read it.",
    tag: "Segments",
    auth: "profiles:write",
    params,
    responses: { 204: { description: "It is gone." } },
    errors: ["not_found"],
    async handle(call, { space, params }) {
      if (!(await deleteSegment(call.databases.space(space.id), space.id, params.id)))
        throw new SpillwayError("not_found");
      return new Response(null, { status: 204 });
    },
  }),
  route({
    method: "GET",
    path: "/{id}/count",
    operationId: "countSegment",
    summary: "Count who is in a segment",
    description:
      "The profiles that match now. This reads every profile of the space, and the events of each that a rule about events needs: on a large space it takes its time.",
    tag: "Segments",
    auth: "profiles:read",
    params,
    responses: { 200: { description: "How many there are.", schema: Count } },
    errors: ["not_found"],
    async handle(call, { space, params }) {
      const db = call.databases.space(space.id);
      const row = await findSegment(db, space.id, params.id);
      if (row === null) throw new SpillwayError("not_found");
      const rule = JSON.parse(row.rule) as Rule;
      const now = call.runtime.now();
      const seq = await readSequence(db, space.id);
      const deletions = await pendingDeletions(db, space.id, seq);
      const condition = compileSegment(filterAt(rule, now, space.retention_days, deletions), COUNTING);
      const count = await countMatching(db, space.id, seq, condition, profilesAtOnce(rule));
      return json({ count, counted_at: iso(now) });
    },
  }),
]);

function show(row: SegmentRow) {
  return {
    id: row.id,
    name: row.name,
    rule: JSON.parse(row.rule) as unknown,
    created_at: iso(row.created_at),
    updated_at: iso(row.updated_at),
  };
}
