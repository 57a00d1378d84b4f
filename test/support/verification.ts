/** Verifications in tests: the call, the export's view of it, and objects that somebody damages. */

import { fileKey, manifestKey } from "../../src/export/delivery/object-keys.ts";
import { MemoryS3 } from "./faults/memory-s3.ts";
import { Bucket } from "../../src/outbound/s3.ts";
import { roomyService } from "./pipeline.ts";
import { type ExportView, orders, type Service, type Space } from "./service.ts";

export interface VerificationView {
  status: string;
  reason: string;
  started_at: string;
  verified_at: string | null;
  ok: boolean | null;
  files_total: number;
  files_checked: number;
  bytes_total: number;
  bytes_read: number;
  missing: number | null;
  changed: number | null;
  unreadable: number | null;
  files: { name: string; status: string; detail: string | null }[];
}

/** A shop with five events, whose bucket is in memory. */
export async function shopWithMemory(): Promise<{ service: Service; space: Space; s3: MemoryS3 }> {
  const service = roomyService();
  const { bucket } = service.config;
  const s3 = new MemoryS3(`${bucket.endpoint}/${bucket.name}`);
  reachBucketBy(service, s3.fetch);
  const space = await service.shop();
  await service.send(space, orders(5));
  return { service, space, s3 };
}

/** From now on the service's own bucket is reached by this. */
export function reachBucketBy(service: Service, reach: typeof fetch): void {
  service.context.bucket = new Bucket(service.config.bucket, () => service.now, reach, "service");
}

/** The same answers, but bodies of the object at this key break off in the middle. */
export function cutting(reach: typeof fetch, key: string): typeof fetch {
  return async (input, init) => {
    const answer = await reach(input, init);
    if (!new Request(input).url.endsWith(key) || !answer.ok) return answer;
    const body = new Uint8Array(await answer.arrayBuffer());
    const half = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(body.slice(0, body.length / 2));
        controller.error(new Error("Network connection lost."));
      },
    });
    return new Response(half, answer);
  };
}

/** An export of three files. */
export const THREE_FILES = { layout: "files", file_rows: 2 };

/** @returns the status of the answer, and its body. */
export async function verifyExport(service: Service, space: Space, id: string) {
  const response = await service.call("POST", `/v1/exports/${id}/verify`, { key: space.key });
  return { status: response.status, headers: response.headers, body: await response.json<VerificationView>() };
}

/** The verification that the export shows. */
export async function verificationOf(service: Service, space: Space, id: string): Promise<VerificationView> {
  const { verification } = (await service.poll(space, id)) as ExportView & { verification: VerificationView | null };
  if (verification === null) throw new Error("the export was not verified");
  return verification;
}

/** The keys of the files in the service's own bucket, in their order, and of the manifest. */
export function keysOf(space: Space, view: ExportView): { files: string[]; manifest: string } {
  const of = { space_id: space.id, id: view.id };
  return { files: view.files.map(({ name }) => fileKey(of, name)), manifest: manifestKey(of) };
}

/** How each file is, by its place; the manifest comes last. */
export function statusesOf(view: ExportView, { files }: VerificationView): string[] {
  const byName = new Map(files.map(({ name, status }) => [name, status]));
  return [...view.files.map(({ name }) => name), `_${view.id}-manifest.json`].map((name) => byName.get(name) ?? "");
}

/** The same bytes but one. */
export function flipped(body: Uint8Array<ArrayBuffer> | undefined): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(body ?? []);
  copy[copy.length - 1] = (copy.at(-1) ?? 0) ^ 1;
  return copy;
}

/** Moves the clock over the delays of all rounds, and does what is due then. */
export async function pumpRounds(service: Service): Promise<void> {
  for (let rounds = 0; rounds < 12; rounds += 1) {
    service.now += 400_000;
    await service.pump();
  }
}
