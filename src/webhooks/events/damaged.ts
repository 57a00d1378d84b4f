/** The event of a verification that found files missing or changed. */

import * as z from "zod";
import { DatasetName, type EventFamily, isoTime, openObject, Time, Timestamp } from "./family.ts";

/** It names no file and no address: a receiver with an API key asks for the export's `verification`. */
export const DamagedBody = openObject({
  type: z.literal("export.damaged"),
  timestamp: Timestamp,
  data: openObject({
    export_id: z.uuid(),
    dataset: DatasetName,
    status: z.literal("completed"),
    completed_at: Time,
    verified_at: Time,
    files: z.int().min(1).meta({ description: "Files that were verified, with the manifest." }),
    missing: z.int().min(0),
    changed: z.int().min(0),
    unreadable: z.int().min(0).meta({ description: "Files that could not be read: they may be as they were." }),
  }),
}).meta({ id: "ExportDamagedEvent" });

type Data = z.output<typeof DamagedBody>["data"];

interface StoredDamage extends Omit<Data, "completed_at" | "verified_at"> {
  completed_at: number;
  verified_at: number;
}

export const damagedEvents = {
  summaries: { "export.damaged": "A verification found files of an export missing or changed" },
  body: DamagedBody,
  example: (type) => ({
    type,
    timestamp: "2026-01-18T10:24:00.311Z",
    data: {
      export_id: "4c959f87-6c1d-4f2e-9a7b-3d5e8f0a1b2c",
      dataset: "activity_events",
      status: "completed",
      completed_at: "2026-01-15T10:23:58.902Z",
      verified_at: "2026-01-18T10:24:00.311Z",
      files: 12,
      missing: 1,
      changed: 0,
      unreadable: 0,
    },
  }),
  data: ({
    export_id,
    dataset,
    status,
    completed_at,
    verified_at,
    files,
    missing,
    changed,
    unreadable,
  }: StoredDamage) => ({
    export_id,
    dataset,
    status,
    completed_at: isoTime(completed_at),
    verified_at: isoTime(verified_at),
    files,
    missing,
    changed,
    unreadable,
  }),
} satisfies EventFamily<typeof DamagedBody>;
