/** The timeline of an export: its transitions, failed attempts, verifications and webhook deliveries. */

import * as z from "zod";
import { listTimeline } from "../../db/exports/timeline.ts";
import { iso } from "../../time/names.ts";
import { list } from "../list.ts";
import { IdInPath, Time } from "../schemas.ts";
import { exportOf } from "./resource.ts";

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
      "export.verification_started",
      "export.verified",
      "webhook.attempt",
    ]),
    detail: z.record(z.string(), z.unknown()).meta({
      description:
        "Counts and codes: the rows and chunks of a plan; the step, code and owner of a failure; what a verification found; a webhook's response.",
    }),
  })
  .meta({ id: "TimelineEntry" });

export const timelineRoute = list({
  path: "/{id}/events",
  operationId: "getExportTimeline",
  summary: "Show what happened to an export",
  description:
    "The export's creation, plan, retries, end and verifications, and every attempt to deliver a webhook about it, oldest first.",
  auth: "exports:read",
  portal: ["exports:read"],
  params: IdInPath,
  item: Entry,
  page: "The timeline, oldest first.",
  async read(call, { space, params: { id }, limit, after }) {
    await exportOf(call, space.id, id);
    return listTimeline(call.databases.control, { space_id: space.id, id }, limit, after);
  },
  positionOf: (entry) => ({ time: entry.at, id: entry.id }),
  show: (entry) => ({ at: iso(entry.at), type: entry.type, detail: JSON.parse(entry.detail) as unknown }),
});
