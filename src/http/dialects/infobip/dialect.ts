/** Infobip's Events Export API: exports of events to the customer's own bucket, by a role. */

import * as z from "zod";
import { type ExportRow, findExport } from "../../../db/exports/exports.ts";
import { cancel } from "../../../export/api/actions.ts";
import { everyDefinition } from "../../../ingest/definition-lists.ts";
import type { DefinitionSpace } from "../../../ingest/definitions.ts";
import { EXPORT_ID } from "../../example-values.ts";
import { noteExport } from "../../middleware/request-log.ts";
import { type Call, found, json, route } from "../../route.ts";
import { newExport } from "../core-request.ts";
import { dialect } from "../dialect.ts";
import { hasForm } from "../result-form.ts";
import { conventions } from "./conventions.ts";
import { DATASET, FIELDS, InfobipRequest, toExportRequest } from "./request.ts";
import { messageOf, stateOf, STATES } from "./state.ts";

const RequestId = z.object({ requestId: z.string() });

const Submitted = z.object({ requestId: z.uuid() }).meta({ id: "EventsExportResponse" });

const Status = z
  .object({ requestId: z.uuid(), status: z.enum(STATES), message: z.string().optional() })
  .meta({ id: "EventsExportStatus" });

const DefinitionIds = z.object({ definitionIdList: z.array(z.string()) }).meta({ id: "EventDefinitionIds" });

const submit = route({
  method: "POST",
  path: "/export",
  operationId: "create-events-export-request",
  summary: "Request an export of events",
  description:
    "Writes the events of the window to the bucket, as files of at most 50,000 events. The role must trust this service's principal with the space's external id.",
  auth: "exports:write",
  limit: "create",
  body: {
    schema: InfobipRequest,
    example: {
      roleArn: "arn:aws:iam::123456789012:role/events-export",
      bucket: "exported-events-bucket",
      region: "EU_CENTRAL_1",
      directoryPath: "dir/subdir/",
      startTime: "2026-01-15T00:00:00.000+0000",
      endTime: "2026-01-15T01:00:00.000+0000",
      definitionIdList: ["person*Flow", "emailOpened", "pageView"],
      enrichWithMomentsInfo: true,
    },
  },
  responses: { 202: { description: "The request is submitted.", schema: Submitted } },
  errors: ["too_many_pending_exports"],
  check({ body, space }) {
    toExportRequest(body, space);
  },
  async handle(call, { space, body }) {
    return json({ requestId: await newExport(call, space, toExportRequest(body, space), FIELDS) }, 202);
  },
});

const status = route({
  method: "GET",
  path: "/export/status/{requestId}",
  operationId: "get-events-export-request-status",
  summary: "Get the status of a request",
  auth: "exports:read",
  limit: "poll",
  params: RequestId,
  responses: { 200: { description: "The status of the request.", schema: Status } },
  async handle(call, { space, params: { requestId } }) {
    const row = await requested(call, space.id, requestId);
    return json({ requestId: row.id, status: stateOf(row), message: messageOf(row) });
  },
});

const definitions = route({
  method: "GET",
  path: "/export/definitions",
  operationId: "get-events-definitions-for-export",
  summary: "List the definitions that a request can name",
  auth: "events:read",
  responses: { 200: { description: "The ids of all definitions that are enabled.", schema: DefinitionIds } },
  async handle(call, { space }) {
    return json({ definitionIdList: await enabledIds(call, space) });
  },
});

const cancelRequest = route({
  method: "DELETE",
  path: "/export/{requestId}",
  operationId: "cancel-events-export-request",
  summary: "Cancel a request",
  description: "A request that has ended cannot be canceled: 409.",
  auth: "exports:write",
  params: RequestId,
  responses: { 202: { description: "The request is canceled. Files that were written stay in the bucket." } },
  errors: ["conflict"],
  async handle(call, { space, params: { requestId } }) {
    const row = await requested(call, space.id, requestId);
    await cancel(call.context, space.id, row.id);
    return new Response(null, { status: 202 });
  },
});

/** What the calls of this dialect create: files of lines in the customer's bucket. */
const FORM = { dataset: DATASET, layout: "files", format: "ndjson", compression: "gzip", delivery: "s3" } as const;

/** @throws not_found for the id of an export of another form too. */
async function requested(call: Call, spaceId: string, requestId: string): Promise<ExportRow> {
  noteExport(call, requestId);
  const row = await findExport(call.databases.control, spaceId, requestId);
  return found(row !== null && hasForm(row, FORM) ? row : null);
}

async function enabledIds(call: Call, space: DefinitionSpace): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id, enabled } of everyDefinition(call.databases.space(space.id), space)) if (enabled) ids.push(id);
  return ids;
}

export const infobip = dialect({
  name: "infobip",
  tag: "Events Export",
  api: {
    title: "Spillway, in the words of Infobip's Events Export API",
    introduction:
      "Exports of events to your own bucket. Send `Authorization: App <api key>`, with an API key of the space. The role must trust this service's principal and the space's external id: `GET /v1/destinations/policies` has the trust policy.",
    tag: "Request an export, follow its status, cancel it.",
    examples: {
      EventsExportResponse: { requestId: EXPORT_ID },
      EventsExportStatus: {
        requestId: EXPORT_ID,
        status: "COMPLETED_SUCCESSFULLY",
        message: "0 events found for the time period queried.",
      },
      EventDefinitionIds: { definitionIdList: ["emailOpened", "pageView", "personEnteredFlow", "customEvent"] },
    },
    conventions,
  },
  mounts: [{ path: "/peopleevents/1", operations: [submit, status, definitions, cancelRequest] }],
});
