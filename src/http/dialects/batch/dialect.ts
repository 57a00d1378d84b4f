/** Batch's exports of profiles: attributes, events, reachability events; and the calls that follow an export. */

import * as z from "zod";
import { type ExportRow, findExport, listExports } from "../../../db/exports/exports.ts";
import { type FileRow, findFileByNumber } from "../../../db/exports/files.ts";
import { invalid, SpillwayError } from "../../../errors.ts";
import { EXPORT_ID } from "../../example-values.ts";
import { fileContent } from "../../exports/content.ts";
import { noResultBecause } from "../../exports/no-result.ts";
import { byCreation, parseCursor, writeCursor } from "../../list.ts";
import { type Call, found, json, route } from "../../route.ts";
import { newExport } from "../core-request.ts";
import { dialect } from "../dialect.ts";
import { conventions, ProjectHeader } from "./conventions.ts";
import { batchExportId, batchFileId, readExportId, readFileId } from "./ids.ts";
import { readLink, writeLink } from "./link.ts";
import { BatchRequest, DATASETS, FIELDS, isShown, toExportRequest } from "./request.ts";
import { BatchExport, exportsAddress, showExport } from "./state.ts";

/** Files that one page of the list has: an export whose files would exceed them begins the next page. */
const MAX_LISTED_FILES = 20_000;

const NewExport = z.object({ id: z.string() }).meta({ id: "ExportCreated" });

const create = route({
  method: "POST",
  path: "/profiles/export",
  operationId: "createProfileExport",
  summary: "Create an export of profiles",
  auth: "exports:write",
  limit: "create",
  headers: ProjectHeader,
  body: {
    schema: BatchRequest,
    example: {
      export_type: "ATTRIBUTES",
      attributes: ["$email_address", "$email_marketing", "first_name", "is_premium"],
      identifiers: ["custom_id", "installation_ids"],
    },
  },
  responses: { 202: { description: "The export is queued.", schema: NewExport } },
  errors: ["too_many_pending_exports"],
  check({ body }) {
    toExportRequest(body);
  },
  async handle(call, { space, body }) {
    const id = await newExport(call, space, toExportRequest(body), FIELDS);
    return json({ id: batchExportId(id) }, 202);
  },
});

const view = route({
  method: "GET",
  path: "/exports/view",
  operationId: "viewExport",
  summary: "View an export",
  auth: "exports:read",
  limit: "poll",
  headers: ProjectHeader,
  query: z.looseObject({ id: z.string().meta({ description: "`export_…`" }) }),
  responses: { 200: { description: "The export in its current state.", schema: BatchExport } },
  errors: ["not_found"],
  async handle(call, { space, query: { id } }) {
    const row = await exportOf(call, space.id, readExportId(id));
    return json(await showExport(call, row));
  },
});

const List = z
  .object({
    exports: z.array(BatchExport),
    count: z.number().int().meta({ description: "Of the exports in this answer." }),
    has_more: z.boolean(),
    next_from: z.string().optional().meta({ description: "`from` of the next page, where there is one." }),
  })
  .meta({ id: "Exports" });

const list = route({
  method: "GET",
  path: "/exports/list",
  operationId: "listExports",
  summary: "List exports, newest first",
  auth: "exports:read",
  limit: "poll",
  headers: ProjectHeader,
  query: z.looseObject({
    from: z.string().max(1000).optional().meta({ description: "`next_from` of the previous page." }),
    limit: z.number().int().min(1).max(100).default(10).meta({ description: "Exports of a page." }),
  }),
  responses: { 200: { description: "A page of exports.", schema: List } },
  async handle(call, { space, query: { from, limit } }) {
    const after = from === undefined ? null : parseCursor(from);
    if (from !== undefined && after === null)
      throw invalid({ pointer: "#query/from", detail: "from must be next_from of the previous page, unchanged." });
    const filter = { status: null, datasets: Object.keys(DATASETS), limit, after };
    const { rows, shown } = await listExports(call.databases.control, space.id, filter);
    const exports: BatchExport[] = [];
    let [read, files] = [0, 0];
    for (const row of rows.slice(0, shown)) {
      if (files >= MAX_LISTED_FILES) break;
      read += 1;
      if (!isShown(row)) continue;
      const each = await showExport(call, row);
      files += each.files.length;
      exports.push(each);
    }
    const last = rows.length > read ? rows[read - 1] : undefined;
    const more =
      last === undefined ? { has_more: false } : { has_more: true, next_from: writeCursor(byCreation(last)) };
    return json({ exports, count: exports.length, ...more });
  },
});

const download = route({
  method: "GET",
  path: "/exports/download",
  operationId: "downloadExport",
  summary: "Download a file of an export",
  auth: "exports:read",
  headers: ProjectHeader,
  query: z.looseObject({ id: z.string().meta({ description: "`file_…`" }) }),
  responses: {
    307: {
      description: "A redirect to the file. Call again for a new link.",
      headers: { Location: "A link that is valid for 20 minutes.", "Cache-Control": "no-store" },
    },
  },
  errors: ["not_found", "conflict"],
  async handle(call, { space, query: { id } }) {
    const { exportId, n } = found(readFileId(id));
    const row = await exportOf(call, space.id, exportId);
    if (row.status !== "completed" && row.status !== "expired")
      throw new SpillwayError("conflict", noResultBecause(row) ?? undefined);
    await fileOf(call, row, n);
    const location = `${exportsAddress(call)}/files/${await writeLink(call, { spaceId: space.id, exportId, n })}`;
    return new Response(null, { status: 307, headers: { location, "cache-control": "no-store" } });
  },
});

const linked = route({
  method: "GET",
  path: "/exports/files/{token}",
  operationId: "readLinkedFile",
  summary: "Read the file of a link",
  description: "The address that a download leads to. It needs no key.",
  auth: "none",
  params: z.object({ token: z.string() }),
  responses: {
    200: {
      description: "The lines of the file; with `Accept-Encoding: gzip` as they are stored, compressed.",
      contentTypes: ["application/x-ndjson"],
      headers: { "Content-Encoding": "`gzip`, where the client accepts it.", "Cache-Control": "no-store" },
    },
  },
  errors: ["unauthenticated", "unavailable", "destination_unavailable"],
  async handle(call, { params: { token } }) {
    const { spaceId, exportId, n } = await readLink(call, token);
    call.notes["space_id"] = spaceId;
    const row = await exportOf(call, spaceId, exportId);
    return fileContent(call, row, await fileOf(call, row, n));
  },
});

/** @throws not_found for a file that there is not, or not any more. */
const fileOf = async (call: Call, row: ExportRow, n: number): Promise<FileRow> =>
  found(row.status === "completed" ? await findFileByNumber(call.databases.control, row, n) : null);

/** @throws not_found for an export that the dialect does not show too. */
async function exportOf(call: Call, spaceId: string, exportId: string | null) {
  const row: ExportRow | null = exportId === null ? null : await findExport(call.databases.control, spaceId, exportId);
  if (row !== null) call.notes["export_id"] = row.id;
  return found(row !== null && isShown(row) ? row : null);
}

const EXPORT = {
  id: batchExportId(EXPORT_ID),
  status: "SUCCESS",
  scope: "PROFILE_ATTRIBUTES",
  request_date: "2026-01-15T16:28:42Z",
  start_date: "2026-01-15T16:28:43Z",
  completion_date: "2026-01-15T16:28:48Z",
  files: [
    {
      id: batchFileId(EXPORT_ID, 0),
      part: 1,
      size: 592_752,
      url: `https://spillway.example/2.4/exports/download?id=${batchFileId(EXPORT_ID, 0)}`,
    },
  ],
  request: { export_type: "ATTRIBUTES", attributes: ["$email_address"], identifiers: ["custom_id"] },
};

export const batch = dialect({
  name: "batch",
  tag: "Profiles",
  api: {
    title: "Spillway, in the words of Batch's Profile API",
    introduction:
      "Exports of profiles' attributes, events and reachability events. Send `Authorization: Bearer <api key>`, with an API key of the space, and `X-Batch-Project: <project key>`, with the `project_key` that `GET /v1/space` shows. Every version 2.x is answered alike.",
    tag: "Create an export of profiles, view it, download its files.",
    examples: {
      ExportCreated: { id: batchExportId(EXPORT_ID) },
      Export: EXPORT,
      Exports: { exports: [EXPORT], count: 1, has_more: false },
    },
    conventions,
  },
  mounts: [{ path: "/2.4", pattern: "/:version{2\\.[0-9]+}", operations: [create, view, list, download, linked] }],
});
