/** Inputs of a rig's runs: the events, the request, and the expected lines, computed from the events that were sent. */

import type { Sizes } from "../../../src/context.ts";
import { dice, noise } from "../random.ts";
import { type Service, type Space, START } from "../service.ts";

/** `written`: conversions with credit, in the layout files. `resumed`: a file that several invocations assemble. */
export type Kind = "single" | "files" | "written" | "resumed";

export interface Scene {
  request: Record<string, unknown>;
  sizes: Sizes;
  idOf: (line: Record<string, unknown>) => string;
  ids: string[];
  records: number;
  /** Calls after which an invocation checkpoints. */
  checkpointAfter: number;
  /** Keys that the bucket lists at a time. */
  maxKeys: number;
}

const UNHURRIED = { checkpointAfter: Number.POSITIVE_INFINITY, maxKeys: 1_000 };

const FROM = START - 3_000_000;

export function openScene(service: Service, owner: Space, kind: Kind): Promise<Scene> {
  if (kind === "written") return conversions(service, owner);
  return kind === "resumed" ? manySegments(service, owner) : orders(service, owner, kind);
}

/** Events whose lines hardly compress; three share a millisecond, across the edges of chunks too. */
function eventsOf(definition: string, count: number, chars: number) {
  const roll = dice(4);
  return Array.from({ length: count }, (_, n) => ({
    id: `e-${String(n).padStart(4, "0")}`,
    definition_id: definition,
    person_id: "p-1",
    occurred_at: new Date(FROM + Math.floor(n / 3)).toISOString(),
    properties: { order_id: noise(roll, chars), amount: n / 4 },
  }));
}

/**
 * Small chunks, many parts: the first two chunks outgrow a part, the last does not. In files, each of those two chunks
 * has two files that do.
 */
async function orders(
  service: Service,
  owner: Space,
  layout: "single" | "files",
  { count, chunkRows, partBytes } = { count: 90, chunkRows: 40, partBytes: layout === "files" ? 1_024 : 2_048 },
): Promise<Scene> {
  const sizes: Sizes = {
    chunkRows,
    chunkBytes: 25_000_000,
    chunkScan: 2_000_000,
    partBytes,
    fileBytes: 100_000_000,
  };
  const events = eventsOf("order_placed", count, 60);
  await service.send(owner, events);
  const request = {
    dataset: "activity_events",
    start: new Date(FROM).toISOString(),
    end: new Date(FROM + 60_000).toISOString(),
    layout,
    ...(layout === "files" ? { file_rows: sizes.chunkRows / 2 } : {}),
  };
  const ids = events.map(({ id }) => id);
  return { ...UNHURRIED, request, sizes, idOf: (line) => String(line["eventId"]), ids, records: ids.length };
}

/** A file of five segments and more parts: an invocation adds one or two, or deletes two, and checkpoints. */
async function manySegments(service: Service, owner: Space): Promise<Scene> {
  const scene = await orders(service, owner, "single", { count: 15, chunkRows: 3, partBytes: 256 });
  return { ...scene, checkpointAfter: 9, maxKeys: 2 };
}

/** Two chunks: the first of three files, cut within an event, the second of one. Files outgrow a part. */
async function conversions(service: Service, owner: Space): Promise<Scene> {
  const sizes: Sizes = {
    chunkRows: 1,
    chunkBytes: 25_000_000,
    chunkScan: 2_000_000,
    partBytes: 512,
    fileBytes: 100_000_000,
  };
  const events = eventsOf("purchase", 11, 90);
  await service.send(owner, events);
  // The first is too old for any of them, the last comes while they happen.
  const touchpoints = [-90_000_000, -3_000, -2_000, 2].map((after, n) => ({
    id: `t-${n}`,
    person_id: "p-1",
    source: n === 1 ? "direct" : "google_ads",
    occurred_at: new Date(FROM + after).toISOString(),
  }));
  await service.json("POST", "/v1/touchpoints", 202, { key: owner.key, body: { touchpoints } });
  const request = {
    dataset: "conversion_events",
    date: new Date(FROM).toISOString().slice(0, 10),
    sources: ["google_ads", "direct"],
    attribution_model: "linear",
    attribution_window: 1,
    fields: ["order_id", "amount"],
    group_by: ["source"],
    layout: "files",
    file_rows: 9,
  };
  const ids = events.flatMap(({ id, occurred_at }) =>
    touchpoints.slice(1).flatMap((touch) => (touch.occurred_at <= occurred_at ? [`${id} ${touch.id}`] : [])),
  );
  const idOf = (line: Record<string, unknown>) => `${String(line["id"])} ${String(line["touchpoint_id"])}`;
  return { ...UNHURRIED, request, sizes, idOf, ids, records: events.length };
}
