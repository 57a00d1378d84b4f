/** Destinations at the gateway, and exports to them. */

import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import type { CreateDestinationData, Export, NewEvent } from "../../client/src/index.ts";
import type { Manifest } from "../../scripts/proof.ts";
import { CUSTOMER_BUCKET, roleArn } from "../../scripts/peers/identities.ts";
import { ALL_ORDERS, type EventsRequest, orders } from "../live/support.ts";
import { dice, noise } from "../support/random.ts";
import type { Scene } from "./scene.ts";

export const EVENTS = 25;
/** In three files. */
export const SMALL_EXPORT = { ...ALL_ORDERS, file_rows: 10 };
const POLL_EVERY_MS = 200;

export const byRole = (name: string) => ({ type: "role" as const, role_arn: roleArn(name) });

type NewDestination = CreateDestinationData["body"];

/** @param more what differs from a role that works. @returns its id. */
export async function makeDestination(scene: Scene, more: Partial<NewDestination>): Promise<string> {
  const { id } = await scene.shop.client.destinations.create({
    name: "Bucket",
    bucket: CUSTOMER_BUCKET,
    region: "eu-central-1",
    endpoint: scene.toStore.origin,
    provider: "ceph",
    auth: byRole("export"),
    ...more,
  });
  return id;
}

/** Orders that hardly compress; fewer of them are the first of more. */
export function* bulkyOrders(count: number): Generator<NewEvent> {
  const roll = dice(1);
  for (const order of orders(count)) yield { ...order, properties: { order_id: noise(roll, 64), amount: 1 } };
}

/** The events that `SMALL_EXPORT` exports. */
export async function sendOrders(scene: Scene): Promise<void> {
  await scene.shop.client.events.send(bulkyOrders(EVENTS));
}

/** Asks for an export to a destination with that. */
export async function begin(
  scene: Scene,
  destination: Partial<NewDestination>,
  request: EventsRequest = SMALL_EXPORT,
): Promise<Export> {
  const delivery = { type: "s3" as const, destination_id: await makeDestination(scene, destination) };
  return scene.shop.client.exports.create({ ...request, delivery });
}

/** Polls until the condition holds or the status is final. */
export async function until(scene: Scene, id: string, reached: (view: Export) => boolean): Promise<Export> {
  for (;;) {
    const view = await scene.shop.client.exports.get(id);
    if (reached(view) || (view.status !== "queued" && view.status !== "processing")) return view;
    await new Promise((resolve) => setTimeout(resolve, POLL_EVERY_MS));
  }
}

/** Begins one and waits for its end. */
export async function deliver(
  scene: Scene,
  destination: Partial<NewDestination>,
  request?: EventsRequest,
): Promise<Export> {
  return until(scene, (await begin(scene, destination, request)).id, () => false);
}

export interface Read {
  name: string;
  rows: number;
  bytes: number;
  uncompressed_bytes: number;
  sha256: string;
}

/** An event as its row is compared: id and properties. */
export const rowOf = (event: NewEvent): string => {
  const { order_id: order, amount } = event.properties;
  return `${String(event.id)} ${String(order)} ${String(amount)}`;
};

/** The object in the bucket at that key, measured by Node alone; `rows` takes its rows, as `rowOf` has them. */
export async function measure(scene: Scene, key: string, rows: string[] = []): Promise<Read> {
  const stored = await scene.bucket().read(key);
  const plain = gunzipSync(stored);
  const lines = plain.toString("utf8").split("\n");
  if (lines.pop() !== "") throw new Error(`${key}: the last line has no end`);
  for (const line of lines) {
    const { eventId, order_id, amount } = JSON.parse(line) as Record<string, unknown>;
    rows.push(`${String(eventId)} ${String(order_id)} ${String(amount)}`);
  }
  return {
    name: key,
    rows: lines.length,
    bytes: stored.length,
    uncompressed_bytes: plain.length,
    sha256: createHash("sha256").update(stored).digest("hex"),
  };
}

/** The manifest in the bucket. */
export async function manifestIn(scene: Scene, directory: string, id: string): Promise<Manifest> {
  return JSON.parse((await scene.bucket().read(`${directory}_${id}-manifest.json`)).toString("utf8")) as Manifest;
}

/** A file as the service says that it is, under its key. */
export const said = (directory: string, { name, rows, bytes, uncompressed_bytes, sha256 }: Read): Read => ({
  name: name.startsWith(directory) ? name : `${directory}${name}`,
  rows,
  bytes,
  uncompressed_bytes,
  sha256,
});
