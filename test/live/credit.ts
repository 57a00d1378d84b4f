/**
 * Credit for conversions, from end to end: a space is filled over HTTP, an export is fetched, and its credit is added
 * up twice, from what the manifest says and from the lines themselves. Beside it, tables of credit as others have
 * published it.
 */

import { existsSync, readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import type { ExportRequest, NewEvent, NewTouchpoint, ProfileChange, Spillway } from "../../client/src/index.ts";
import { differences, type Manifest, manifestOf, receive, rowsOf } from "../../scripts/proof.ts";
import { createSpace } from "../../scripts/spaces.ts";
import { ROOT } from "../../scripts/stack.ts";

/** Where a touchpoint came from. */
export type Source = NewTouchpoint["source"];

/** A request of conversions. */
export type ConversionsRequest = Extract<ExportRequest, { dataset: "conversion_events" }>;

const DATA = join(ROOT, "..", "shared", "data");

/** The folders of published credit that are not on this machine. */
export const missing = ["attribution-sessions", "attribution-paths"]
  .map((folder) => join(DATA, folder))
  .filter((folder) => !existsSync(folder));

/** A published table. Rows may be shorter than the header: what they lack is undefined. */
export function table(file: string, delimiter = ","): Record<string, string | undefined>[] {
  return parse(readFileSync(join(DATA, file)), { columns: true, delimiter, relax_column_count_less: true });
}

/** What a space is filled with. */
export interface Journeys {
  profiles: ProfileChange[];
  touchpoints: NewTouchpoint[];
  conversions: NewEvent[];
}

/**
 * @returns a client of a new space in UTC that has all of these. @throws when any of them was not taken in, or twice.
 */
export async function filledSpace(origin: string, name: string, journeys: Journeys): Promise<Spillway> {
  const { client } = await createSpace(origin, { name, timezone: "UTC", retention_days: 36_500 });
  await client.profiles.put(journeys.profiles);
  const touchpoints = await client.touchpoints.send(journeys.touchpoints, { concurrency: 2 });
  const conversions = await client.events.send(journeys.conversions, { concurrency: 2 });
  if (touchpoints.accepted !== journeys.touchpoints.length || conversions.accepted !== journeys.conversions.length)
    throw new Error(`${name}: only ${touchpoints.accepted} touchpoints, ${conversions.accepted} conversions came in`);
  return client;
}

/** A line of these exports, as far as credit goes. */
export interface Line {
  id: string;
  touchpoint_id: string;
  model: string;
  source: string;
  amount: number | null;
}

/** Credit of one model to one source, or to one touchpoint of it. */
export interface Credit {
  rows: number;
  amount: number;
}

export interface Group extends Credit {
  model: string;
  source: string;
  ad_id?: string | null;
  /** In conversions. */
  credit: number;
}

export interface Credited {
  /** As the manifest sums it up. */
  groups: Group[];
  lines: Line[];
  /** Where the manifest and the files disagree. */
  faults: string[];
}

/** Exports credit and fetches it. @param folder of the files; it is made. */
export async function credited(
  client: Spillway,
  request: Partial<ConversionsRequest>,
  folder: string,
): Promise<Credited> {
  const asked: ExportRequest = { dataset: "conversion_events", fields: ["source", "amount"], ...request };
  const { id } = await client.exports.create(asked).wait();
  const manifest = (await manifestOf(client, id)) as Manifest & { summary: { groups: Group[] } };
  await mkdir(folder);
  const files = await receive(client, id, folder);
  const lines: Line[] = [];
  for await (const row of rowsOf(files)) lines.push(row as unknown as Line);
  return { groups: manifest.summary.groups, lines, faults: differences(manifest, files) };
}

/** Lines added up. @param keyOf what they are added up by. */
export function added(lines: readonly Line[], keyOf: (line: Line) => string): Map<string, Credit> {
  const sums = new Map<string, Credit>();
  for (const line of lines) {
    const sum = sums.get(keyOf(line)) ?? { rows: 0, amount: 0 };
    sum.rows += 1;
    sum.amount += line.amount ?? 0;
    sums.set(keyOf(line), sum);
  }
  return sums;
}

/**
 * Where two sides are further apart than they may be, a text each; empty when they agree. What a side does not have is
 * 0 there.
 * @param within how far apart they may be.
 */
export function apart(
  ours: ReadonlyMap<string, number>,
  published: ReadonlyMap<string, number>,
  within: (key: string) => number,
): string[] {
  return [...new Set([...ours.keys(), ...published.keys()])].flatMap((key) => {
    const [here, there] = [ours.get(key) ?? 0, published.get(key) ?? 0];
    return Math.abs(here - there) <= within(key) ? [] : [`${key}: ${here}, published ${there}`];
  });
}
