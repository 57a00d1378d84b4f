/** Cometly's Events API: exports of a day's conversions, as one file behind a link, and lists of conversions. */

import * as z from "zod";
import { type ExportRow, findExport, findExportByNumber } from "../../../db/exports/exports.ts";
import { type Call, found, json, route } from "../../route.ts";
import { exportRequest, newExport } from "../core-request.ts";
import { dialect } from "../dialect.ts";
import { hasForm } from "../result-form.ts";
import { conventions } from "./conventions.ts";
import { listEvents } from "./list.ts";
import { CometlyRequest, coreFilters, DATASET, FIELDS } from "./request.ts";
import { PolledExport, showExport } from "./state.ts";

const NewExport = z.object({ export_id: z.number().int(), status: z.literal("queued") }).meta({ id: "NewEventExport" });

const toExportRequest = ({ date, ...filters }: z.output<typeof CometlyRequest>) =>
  exportRequest({ dataset: DATASET, date, ...coreFilters(filters), layout: "single" }, FIELDS);

const create = route({
  method: "POST",
  path: "/events/exports",
  operationId: "createEventExport",
  summary: "Create an export of events",
  auth: "exports:write",
  limit: "create",
  body: {
    schema: CometlyRequest,
    example: {
      date: "2026-01-15",
      event_names: ["purchase", "sign_up"],
      sources: ["google_ads", "facebook_ads"],
      attribution_model: "linear",
      attribution_window: 30,
      fields: ["event_name", "amount", "campaign_name"],
    },
  },
  responses: { 202: { description: "The export is queued.", schema: NewExport } },
  errors: ["too_many_pending_exports"],
  check({ body }) {
    toExportRequest(body);
  },
  async handle(call, { space, body }) {
    const id = await newExport(call, space, toExportRequest(body), FIELDS);
    const { number } = found(await findExport(call.databases.control, space.id, id));
    return json({ export_id: number, status: "queued" }, 202);
  },
});

const poll = route({
  method: "GET",
  path: "/events/exports/{id}",
  operationId: "getEventExport",
  summary: "Get an export of events",
  auth: "exports:read",
  limit: "poll",
  params: z.object({ id: z.string() }),
  responses: { 200: { description: "The export in its current state.", schema: PolledExport } },
  async handle(call, { space, params: { id } }) {
    return json(await showExport(call, await exportOf(call, space.id, id)));
  },
});

/** What the calls of this dialect create: one file of lines, of which the service has a link. */
const FORM = {
  dataset: DATASET,
  layout: "single",
  format: "ndjson",
  compression: "gzip",
  delivery: "download",
} as const;

/** @throws not_found for an export of another kind, and for one whose file is gone. */
async function exportOf(call: Call, spaceId: string, id: string): Promise<ExportRow> {
  const number = /^[1-9]\d{0,14}$/.test(id) ? Number(id) : null;
  const row = number === null ? null : await findExportByNumber(call.databases.control, spaceId, number);
  if (row !== null) call.notes["export_id"] = row.id;
  return found(row !== null && hasForm(row, FORM) && row.status !== "expired" ? row : null);
}

export const cometly = dialect({
  name: "cometly",
  tag: "Events",
  api: {
    title: "Spillway, in the words of Cometly's Events API",
    introduction:
      "Exports and lists of conversions and of their credit to touchpoints. Send `Authorization: Bearer <api key>`, with an API key of the space.",
    tag: "List events; create an export of events, poll it, download its file.",
    examples: {
      NewEventExport: { export_id: 123, status: "queued" },
      EventExport: {
        export_id: 123,
        status: "completed",
        created_at: "2026-01-15T10:30:00Z",
        completed_at: "2026-01-15T10:33:42Z",
        download_url: "https://bucket.example/spaces/…",
        expires_at: "2026-01-15T10:50:11Z",
      },
      EventPage: {
        data: [{ id: 123, event_time_utc: "2026-01-15T10:23:45Z", event_name: "purchase", amount: 99.99 }],
        path: "https://spillway.example/public-api/v1/events",
        per_page: 200,
        next_cursor: null,
        next_page_url: null,
        prev_cursor: null,
        prev_page_url: null,
      },
    },
    conventions,
  },
  mounts: [{ path: "/public-api/v1", operations: [create, poll, listEvents] }],
});
