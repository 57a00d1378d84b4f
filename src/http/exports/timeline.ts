/** What happened to an export, for whoever has to explain it. */

import * as z from "zod";
import { listTimeline } from "../../db/exports/timeline.ts";
import { iso } from "../../time/names.ts";
import { route } from "../route.ts";
import { listOf, listQuery, page, readCursor, Time } from "../schemas.ts";
import { exportOf, TAG } from "./resource.ts";

const Entry = z
  .object({
    at: Time,
    type: z.enum([
      "export.created",
      "export.started",
      "export.planned",
      "export.attempt_failed",
      "export.resent",
      "export.completed",
      "export.failed",
      "export.canceled",
      "export.retried",
      "export.expired",
      "webhook.attempt",
    ]),
    detail: z.record(z.string(), z.unknown()).meta({
      description:
        "Counts and codes: rows and chunks of a plan, the step, code and owner of what failed, a webhook's answer.",
    }),
  })
  .meta({ id: "TimelineEntry" });

export const timelineRoute = route({
  method: "GET",
  path: "/{id}/events",
  operationId: "getExportTimeline",
  summary: "Show what happened to an export",
  description:
    "Oldest first: when it was created, planned, tried again, ended, and every attempt to tell a webhook of it.",
  tag: TAG,
  auth: "exports:read",
  limit: "poll",
  params: z.object({ id: z.string() }),
  query: z.strictObject(listQuery),
  responses: { 200: { description: "Its timeline.", schema: listOf(Entry) } },
  errors: ["not_found"],
  async handle(call, { space, params: { id }, query }) {
    await exportOf(call, space.id, id);
    const { control } = call.databases;
    const entries = await listTimeline(control, space.id, id, query.limit + 1, readCursor(query.cursor));
    return page(
      call,
      entries,
      query.limit,
      (entry) => ({ time: entry.at, id: entry.id }),
      (entry) => ({ at: iso(entry.at), type: entry.type, detail: JSON.parse(entry.detail) as unknown }),
    );
  },
});
