/** Runs the pipeline by hand, one message at a time or as a careless queue does, and reads the results. */

import type { Message } from "../../src/context.ts";
import { segmentKey } from "../../src/export/delivery/object-keys.ts";
import { runStep, type Verdict } from "../../src/export/pipeline/run.ts";
import { lines, unpack } from "./gunzip.ts";
import { type ExportView, Service, type Space } from "./service.ts";

/** A service whose rate limits are out of the way. */
export function roomyService(vars: Record<string, string> = {}): Service {
  return new Service({ CREATE_LIMIT: "10000", POLL_LIMIT: "10000", LIST_LIMIT: "10000", ...vars });
}

/** Removes the next message from the queue, of one step if one is named. @throws when none waits. */
export function take(service: Service, step?: Message["step"]): Message {
  const at = service.queue.findIndex((message) => step === undefined || message.step === step);
  const message = at === -1 ? undefined : service.queue.splice(at, 1)[0];
  if (message === undefined) throw new Error(`no ${step ?? "message"} waits`);
  return message;
}

/** Delivers one message for the `attempt`th time. */
export function deliver(service: Service, message: Message, attempt = 1): Promise<Verdict> {
  return service.budget.invoke(() => runStep(service.context, message, attempt));
}

export interface Carelessness {
  /** How often each message is delivered. */
  times: number;
  /** The order in which waiting messages are delivered. */
  order: (waiting: Message[]) => Message[];
  /** How many are delivered at once. */
  width: number;
}

/**
 * Delivers messages as an at-least-once queue may: repeated, reordered, in parallel. @returns every delivered message.
 */
export async function pumpCarelessly(service: Service, how: Carelessness): Promise<Message[]> {
  const delivered: Message[] = [];
  while (service.queue.length > 0) {
    const waiting = service.queue.splice(0).flatMap((message) => Array.from({ length: how.times }, () => message));
    const round = how.order(waiting);
    for (let from = 0; from < round.length; from += how.width) {
      const together = round.slice(from, from + how.width);
      const verdicts = await Promise.all(together.map((message) => deliver(service, message)));
      service.queue.push(...together.filter((_, index) => verdicts[index] !== "ack"));
      delivered.push(...together);
    }
  }
  return delivered;
}

export type Row = Record<string, unknown>;

/** The only file of an export. @throws when it has none or several. */
export function onlyFile(view: ExportView): ExportView["files"][number] {
  const [file, ...more] = view.files;
  if (file === undefined || more.length > 0) throw new Error(`the export has ${view.files.length} files`);
  return file;
}

/** The text of all files, one after the other, by their links. */
export async function textOf(service: Service, view: ExportView): Promise<string> {
  const texts = await Promise.all(view.files.map(async (file) => unpack(file.name, await service.fetchFile(file))));
  return texts.join("");
}

export async function rowsOf(service: Service, view: ExportView): Promise<Row[]> {
  return lines(await textOf(service, view));
}

export async function eventIdsOf(service: Service, view: ExportView): Promise<unknown[]> {
  return (await rowsOf(service, view)).map((row) => row["eventId"]);
}

/** The part of a result that equal requests on equal data share: only a file's name has the export's id. */
export function bytesOf(view: ExportView) {
  return view.files.map(({ rows, bytes, uncompressed_bytes, sha256 }) => ({ rows, bytes, uncompressed_bytes, sha256 }));
}

/** The numbers of the segments that still exist in the bucket. */
export async function segmentsLeft(service: Service, space: Space, exportId: string, chunks: number) {
  const numbers = Array.from({ length: chunks }, (_, n) => n);
  const found = await Promise.all(
    numbers.map(async (n) => {
      const segment = await service.context.bucket.get(segmentKey({ space_id: space.id, id: exportId }, n));
      await segment?.body?.cancel();
      return segment !== null;
    }),
  );
  return numbers.filter((n) => found[n]);
}
