/** The events of an export: it completed, failed or was canceled, or its files expired. */

import * as z from "zod";
import { ERRORS } from "../../errors.ts";
import {
  DatasetName,
  errorFrom,
  type EventFamily,
  ExportError,
  isoTime,
  openObject,
  type StoredError,
  Time,
  Timestamp,
} from "./family.ts";

/** It names no file and no address: a receiver with an API key asks for the export. */
const bodyOf = <const Status extends string, Failure extends z.ZodType>(status: Status, error: Failure) =>
  openObject({
    type: z.literal(`export.${status}`),
    timestamp: Timestamp,
    data: openObject({
      export_id: z.uuid(),
      dataset: DatasetName,
      status: z.literal(status),
      rows: z.int().min(0).meta({ description: "Rows in the export's files." }),
      files: z.int().min(0),
      completed_at: Time.meta({ description: "When the export ended." }),
      error,
    }),
  });

const Failure = ExportError.meta({
  description: "Why the export failed, and who must act: the customer or the service.",
});

const BODIES = {
  "export.completed": bodyOf("completed", z.null()).meta({ id: "ExportCompletedEvent" }),
  "export.failed": bodyOf("failed", Failure).meta({ id: "ExportFailedEvent" }),
  "export.canceled": bodyOf("canceled", z.null()).meta({ id: "ExportCanceledEvent" }),
  "export.expired": bodyOf("expired", z.null()).meta({ id: "ExportExpiredEvent" }),
};

export const ExportBody = z.discriminatedUnion("type", [
  BODIES["export.completed"],
  BODIES["export.failed"],
  BODIES["export.canceled"],
  BODIES["export.expired"],
]);

type Body = z.output<typeof ExportBody>;
type Data = Body["data"];

interface StoredExport extends Pick<Data, "export_id" | "dataset" | "status" | "rows" | "files">, StoredError {
  completed_at: number;
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
  bodies: BODIES,
  example(type) {
    const hasFiles = type === "export.completed" || type === "export.expired";
    const body = {
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
    return body as Body;
  },
  // The row's status and its error come of one statement: they belong together.
  data: ({ export_id, dataset, status, rows, files, completed_at, ...error }: StoredExport) =>
    ({
      export_id,
      dataset,
      status,
      rows,
      files,
      completed_at: isoTime(completed_at),
      error: errorFrom(error),
    }) as Data,
} satisfies EventFamily<typeof ExportBody>;
