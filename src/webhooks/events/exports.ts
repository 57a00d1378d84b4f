/** The events of an export: it completed, failed or was canceled, or its files expired. */

import * as z from "zod";
import { ERRORS } from "../../errors.ts";
import {
  DatasetName,
  errorFrom,
  type EventFamily,
  ExportError,
  isoTime,
  type StoredError,
  Time,
  Timestamp,
} from "./family.ts";

/** It names no file and no address: a receiver with an API key asks for the export. */
export const ExportBody = z
  .object({
    type: z.enum(["export.completed", "export.failed", "export.canceled", "export.expired"]),
    timestamp: Timestamp,
    data: z.object({
      export_id: z.string(),
      dataset: DatasetName,
      status: z.enum(["completed", "failed", "canceled", "expired"]),
      rows: z.int().meta({ description: "Rows in the export's files." }),
      files: z.int(),
      completed_at: Time.nullable().meta({ description: "When the export ended." }),
      error: ExportError.nullable().meta({
        description: "Why a failed export failed, and who must act: the customer or the service.",
      }),
    }),
  })
  .meta({ id: "WebhookBody" });

type Data = z.output<typeof ExportBody>["data"];

interface StoredExport extends Omit<Data, "completed_at" | "error">, StoredError {
  completed_at: number | null;
}

const { title, owner, retryable } = ERRORS.export_too_large;

export const exportEvents = {
  summaries: {
    "export.completed": "An export is completed",
    "export.failed": "An export has failed",
    "export.canceled": "An export was canceled",
    "export.expired": "An export's files have expired",
  },
  body: ExportBody,
  example(type) {
    const hasFiles = type === "export.completed" || type === "export.expired";
    return {
      type,
      timestamp: "2026-01-15T10:23:58.902Z",
      data: {
        export_id: "4c959f87-6c1d-4f2e-9a7b-3d5e8f0a1b2c",
        dataset: "activity_events",
        status: type.slice("export.".length) as Data["status"],
        rows: hasFiles ? 541_909 : 0,
        files: hasFiles ? 1 : 0,
        completed_at: "2026-01-15T10:23:58.902Z",
        error: type === "export.failed" ? { code: "export_too_large", message: title, owner, retryable } : null,
      },
    };
  },
  data: ({ export_id, dataset, status, rows, files, completed_at, ...error }: StoredExport) => ({
    export_id,
    dataset,
    status,
    rows,
    files,
    completed_at: completed_at === null ? null : isoTime(completed_at),
    error: errorFrom(error),
  }),
} satisfies EventFamily<typeof ExportBody>;
