/** /v1/flows: the campaigns that an export with `enrich_with_moments_info` adds to events. */

import * as z from "zod";
import { type FlowRow, listFlows, type NewFlow, putFlows } from "../../db/events/flows.ts";
import { type Fault, invalid, MAX_FAULTS } from "../../errors.ts";
import type { SentItems } from "../../ingest/sent-items.ts";
import { iso } from "../../time/names.ts";
import { byId, list } from "../list.ts";
import { MAX_RECORDS_BYTES } from "../records.ts";
import { resource } from "../resource.ts";
import { json, route } from "../route.ts";
import { recordsBody, SentRecords } from "../sent-records.ts";
import { Id, nameOf, Time, times, timesOf } from "../schemas.ts";
import { Instant } from "../../time/instant.ts";

const MAX_FLOWS = 1_000;
const MAX_ELEMENTS = 500;
const MAX_ELEMENTS_PER_CALL = 20_000;
/** Bounds the bytes of a page of flows. */
const MAX_FLOW_BYTES = 65_536;
const Label = nameOf(200);

const SentFlow = z.strictObject({
  id: Id,
  campaign_name: Label.nullable().default(null),
  campaign_start: Instant.nullable().default(null),
  elements: z
    .array(z.strictObject({ id: Id, name: Label.nullable().default(null) }))
    .max(MAX_ELEMENTS)
    .default([])
    .meta({ description: "An event refers to an element by its property `flowElementId`." }),
});

const Flow = z
  .object({
    id: z.string(),
    campaign_name: z.string().nullable(),
    campaign_start: Time.nullable(),
    elements: z.array(z.object({ id: z.string(), name: z.string().nullable() })),
    ...times,
  })
  .meta({ id: "Flow" });

export const flowsResource = resource("/v1/flows", "Flows", [
  route({
    method: "PUT",
    operationId: "putFlows",
    summary: "Create or replace flows",
    description: `1 to ${MAX_FLOWS} flows, all or nothing, each of which is replaced as a whole. A flow has at most ${MAX_ELEMENTS} elements and ${MAX_FLOW_BYTES} bytes, and a call at most ${MAX_ELEMENTS_PER_CALL} elements. An element's id should be unique in the space. A call that contains it twice is rejected; if several flows have it, the flow that was changed last counts.`,
    auth: "events:write",
    limit: "write",
    body: {
      ...recordsBody("flows", SentFlow, MAX_FLOWS),
      maxBytes: MAX_RECORDS_BYTES,
      example: {
        flows: [
          {
            id: "10000005271386",
            campaign_name: "Spring sale",
            campaign_start: "2026-01-10T08:00:00.000Z",
            elements: [{ id: "10000005271386-12", name: "Send email" }],
          },
        ],
      },
    },
    responses: {
      200: {
        description: "The flows are stored. Exports that are created from now on read them.",
        schema: z.object({ put: z.number().int() }).meta({ id: "FlowsPut" }),
      },
    },
    async handle(call, { space, body }) {
      const flows = body["flows"] ?? new SentRecords<z.input<typeof SentFlow>>();
      checkTogether(flows);
      await putFlows(call.databases.space(space.id), space.id, rowsOf(flows), call.runtime.now());
      return json({ put: flows.length });
    },
  }),
  list({
    operationId: "listFlows",
    summary: "List flows",
    auth: "events:read",
    item: Flow,
    page: "Flows, by id.",
    read: (call, { space, limit, after }) =>
      listFlows(call.databases.space(space.id), space.id, after?.id ?? null, limit),
    positionOf: byId,
    show,
  }),
]);

type Flows = SentItems<z.input<typeof SentFlow>>;

function* rowsOf(flows: Flows): Generator<NewFlow, void> {
  for (const sent of flows.finalPass()) {
    const { id, campaign_name, campaign_start: start, elements } = SentFlow.parse(sent);
    const time = start === null ? null : Date.parse(start);
    yield { id, campaign_name, campaign_start: time, elements: JSON.stringify(elements) };
  }
}

/** @throws invalid_request for an id that occurs twice in one call, and for too large a flow or call. */
function checkTogether(flows: Flows): void {
  const faults: Fault[] = [];
  const ids = new Set<string>();
  const elementIds = new Set<string>();
  let elements = 0;
  let index = -1;
  for (const sent of flows) {
    const flow = SentFlow.parse(sent);
    index += 1;
    const at = `/flows/${index}`;
    if (ids.has(flow.id)) faults.push({ pointer: `${at}/id`, detail: "Duplicate flow id in this request." });
    ids.add(flow.id);
    if (Buffer.byteLength(JSON.stringify(flow)) > MAX_FLOW_BYTES)
      faults.push({ pointer: at, detail: `A flow may have at most ${MAX_FLOW_BYTES} bytes of JSON.` });
    for (const [place, { id }] of flow.elements.entries()) {
      if (elementIds.has(id))
        faults.push({ pointer: `${at}/elements/${place}/id`, detail: "Duplicate element id in this request." });
      elementIds.add(id);
    }
    elements += flow.elements.length;
  }
  if (elements > MAX_ELEMENTS_PER_CALL)
    faults.push({
      pointer: "/flows",
      detail: `A call may have at most ${MAX_ELEMENTS_PER_CALL} elements, but this one has ${elements}. Send the flows in several calls.`,
    });
  if (faults.length > 0) throw invalid(...faults.slice(0, MAX_FAULTS));
}

function show(row: FlowRow) {
  return {
    id: row.id,
    campaign_name: row.campaign_name,
    campaign_start: row.campaign_start === null ? null : iso(row.campaign_start),
    elements: JSON.parse(row.elements) as unknown,
    ...timesOf(row),
  };
}
