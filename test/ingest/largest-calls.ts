/**
 * Makes the largest calls that the API takes, in a process of its own, whose heap is limited: it ends early where a
 * call needs more. Prints for each call its status and the bytes that are in memory while the call writes.
 */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { nodeService } from "../support/node-service.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
const held = () => {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

const MAX_BYTES = 15_728_640;
const TEXTS = Array.from({ length: 10 }, (_, n) => `text_${n}`);

function* events(properties: (n: number) => object): Generator<string> {
  for (let n = 0; n < 5_000; n += 1)
    yield JSON.stringify({
      id: `event-${n}`,
      definition_id: "order",
      person_id: "p-1",
      occurred_at: "2026-02-15T10:23:45.123Z",
      properties: properties(n),
    });
}

/** Events whose properties have this text; `other` in every fiftieth event. */
const texts =
  (text: string, other = text) =>
  () =>
    events((n) => Object.fromEntries(TEXTS.map((name) => [name, n % 50 === 0 ? other : text])));

function* profiles(): Generator<string> {
  for (let n = 0; n < 1_000; n += 1) {
    const attributes = Array.from({ length: 500 }, (_, of) => [`attribute ${of}`, `value ${n}`]);
    yield JSON.stringify({ person_id: `p-${n}`, attributes: Object.fromEntries(attributes) });
  }
}

interface LargeCall {
  method: "POST" | "PUT";
  path: string;
  /** The list that the records are in. */
  list: string;
  lines?: boolean;
  gzip?: boolean;
  records: () => Generator<string>;
}

const CALLS: Record<string, LargeCall> = {
  json: { method: "POST", path: "/v1/events", list: "events", records: texts("abc def ".repeat(36)) },
  lines: {
    method: "POST",
    path: "/v1/events",
    list: "events",
    lines: true,
    gzip: true,
    records: texts("abc def ".repeat(36), `${"abc def ".repeat(36)}\u{1F600}`),
  },
  cyrillic: { method: "POST", path: "/v1/events", list: "events", records: texts("привет ".repeat(20)) },
  empty: { method: "POST", path: "/v1/events", list: "events", records: () => repeated("{}", 5_000_000) },
  profiles: { method: "PUT", path: "/v1/profiles", list: "profiles", records: profiles },
};

function* repeated(record: string, count: number): Generator<string> {
  for (let n = 0; n < count; n += 1_000) yield Array(1_000).fill(record).join();
}

/** A body as it is sent, up to the most bytes; it is made as it is read. */
function bodyOf({ list, lines = false, gzip = false, records }: LargeCall): ReadableStream<Uint8Array> {
  const source = (function* () {
    let bytes = 100;
    if (!lines) yield `{"${list}":[`;
    let separator = "";
    for (const record of records()) {
      bytes += Buffer.byteLength(record) + 1;
      if (bytes > MAX_BYTES) break;
      yield separator + record;
      separator = lines ? "\n" : ",";
    }
    if (!lines) yield "]}";
  })();
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      pull(controller) {
        let text = "";
        while (text.length < 65_536) {
          const next = source.next();
          if (next.done === true) {
            controller.enqueue(Uint8Array.from(Buffer.from(text)));
            controller.close();
            return;
          }
          text += next.value;
        }
        controller.enqueue(Uint8Array.from(Buffer.from(text)));
      },
    },
    { highWaterMark: 1 },
  );
  return gzip ? body.pipeThrough(new CompressionStream("gzip")) : body;
}

const service = await nodeService();
const properties = TEXTS.map((name) => ({ name, type: "text" }));
await service.send("POST", "/v1/event-definitions", JSON.stringify({ id: "order", name: "Order", properties }));
await service.send("PUT", "/v1/profiles", JSON.stringify({ profiles: [{ person_id: "p-1" }] }));
const baseline = held();
for (const name of process.argv.slice(2)) {
  const large = CALLS[name];
  if (large === undefined) throw new Error(`there is no call ${name}`);
  let most = 0;
  service.space.onBatch = () => void (most = Math.max(most, held() - baseline));
  const queries = service.space.queries;
  const headers = {
    ...(large.lines === true ? { "content-type": "application/x-ndjson" } : {}),
    ...(large.gzip === true ? { "content-encoding": "gzip" } : {}),
  };
  const { status } = await service.send(large.method, large.path, bodyOf(large), headers);
  process.stdout.write(`${JSON.stringify({ name, status, held: most, queries: service.space.queries - queries })}\n`);
}
