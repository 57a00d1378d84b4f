/** What every step of an export works with, and the messages that wake the steps. */

import * as z from "zod";
import type { Config } from "../config.ts";
import { openSource } from "../datasets/index.ts";
import type { Source } from "../datasets/dataset.ts";
import type { ExportRow } from "../db/exports.ts";
import type { Databases } from "../db/shards.ts";
import type { Bucket } from "../outbound/s3.ts";
import type { World } from "../world.ts";

/** A wake-up: which step of which export may be due. It carries no state, and any number of them does no harm. */
export const Message = z.object({
  space_id: z.string().min(1),
  export_id: z.string().min(1),
  step: z.enum(["plan", "chunk", "assemble", "finish"]),
  /** The chunk, or the file to put together. */
  n: z.number().int().min(0).default(0),
});

export type Message = z.output<typeof Message>;

export interface Hall {
  config: Config;
  world: World;
  databases: Databases;
  /** The service's own bucket. */
  bucket: Bucket;
  send(messages: readonly Message[]): Promise<void>;
}

/** The source of a stored export, at its snapshot. */
export function sourceOf(hall: Hall, row: ExportRow): Source {
  return openSource(row.dataset, row.query, {
    db: hall.databases.space(row.space_id),
    spaceId: row.space_id,
    snapshotSeq: row.snapshot_seq,
  });
}
