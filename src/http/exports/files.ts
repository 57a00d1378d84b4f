/** The files of an export: every one with a fresh link, page by page, and a redirect to one by its name. */

import * as z from "zod";
import { findFileByName, listFilesAfter } from "../../db/exports/files.ts";
import { SpillwayError } from "../../errors.ts";
import { fileKey } from "../../export/delivery/object-keys.ts";
import { list } from "../list.ts";
import { route } from "../route.ts";
import { IdInPath } from "../schemas.ts";
import { refuseDelivered } from "./content.ts";
import { noResultBecause } from "./no-result.ts";
import { File, showFile, unexpired } from "./resource.ts";

export const fileRoutes = [
  list({
    path: "/{id}/files",
    operationId: "listExportFiles",
    summary: "List the files of an export",
    description:
      "Every file of a completed export, in the order of its rows. Each answer has new links, which are valid for 15 minutes by default; files in your own bucket have none. Until the export is completed the list is empty.",
    auth: "exports:read",
    portal: ["exports:read"],
    params: IdInPath,
    item: File,
    page: "Files in the order of their rows, each with a fresh link.",
    errors: ["gone"],
    async read(call, { space, params: { id }, limit, after }) {
      const row = await unexpired(call, space.id, id);
      if (row.status !== "completed") return [];
      const files = await listFilesAfter(call.databases.control, row, after?.time ?? -1, limit);
      return files.map((file) => ({ row, file }));
    },
    positionOf: ({ file }) => ({ time: file.n, id: "" }),
    show: ({ row, file }, call) => showFile(call, row, file),
    headers: { "cache-control": "no-store" },
  }),
  route({
    method: "GET",
    path: "/{id}/files/{name}",
    operationId: "getExportFile",
    summary: "Get a file",
    description: "Redirects to the file. A file in your own bucket is answered with 409.",
    auth: "exports:read",
    portal: ["exports:read"],
    params: z.object({ id: z.string(), name: z.string() }),
    responses: {
      302: {
        description: "A redirect to a link that is valid for a short time: 15 minutes by default.",
        headers: { Location: "The link.", "Cache-Control": "no-store" },
      },
    },
    errors: ["gone", "conflict"],
    async handle(call, { space, params: { id, name } }) {
      const row = await unexpired(call, space.id, id);
      refuseDelivered(row);
      const file = row.status === "completed" ? await findFileByName(call.databases.control, row, name) : null;
      if (file === null)
        throw new SpillwayError(
          "not_found",
          noResultBecause(row) ?? "The export has no file of this name. GET the export to see its files.",
        );
      const location = await call.context.bucket.presign(fileKey(row, file.name), call.config.urlTtlSeconds);
      return new Response(null, { status: 302, headers: { location, "cache-control": "no-store" } });
    },
  }),
];
