/**
 * The queue delivers at least once, in any order, several at a time: the result is the same bytes as if each message
 * had come once. Files' names alone carry the export's id.
 */

import { afterEach, beforeAll, beforeEach, describe, expect, it, type MockInstance, vi } from "vitest";
import type { Message } from "../../../src/context.ts";
import {
  bytesOf,
  type Carelessness,
  deliver,
  pumpCarelessly,
  roomyService,
  segmentsLeft,
  take,
} from "../../support/pipeline.ts";
import { dice, shuffled } from "../../support/random.ts";
import { orders, START, type Space } from "../../support/service.ts";
import { everyNth } from "../../support/seeds.ts";

const service = roomyService();
const LEASE_MS = service.config.leaseMs;
const FROM = START - 3_000_000;
const window = (events: number) => ({
  start: new Date(FROM).toISOString(),
  end: new Date(FROM + events).toISOString(),
});
const LAYOUTS = {
  // Two chunks that are assembled.
  single: { layout: "single", ...window(50_001) },
  // Six chunks that are files.
  files: { layout: "files", file_rows: 199, ...window(1_000) },
};

let space: Space;
const undisturbed: Record<string, ReturnType<typeof bytesOf>> = {};
let logged: MockInstance<typeof console.log>;

beforeAll(async () => {
  space = await service.shop();
  await service.send(space, orders(50_001, FROM));
  for (const [name, request] of Object.entries(LAYOUTS))
    undisturbed[name] = bytesOf(await service.export(space, request));
}, 60_000);

beforeEach(() => {
  service.now = START;
  service.queue.length = 0;
  logged = vi.spyOn(console, "log");
});

afterEach(() => {
  logged.mockRestore();
});

/** How often the log has this export as completed. */
function completions(id: string): number {
  return logged.mock.calls.filter(([line]) => {
    const entry = JSON.parse(String(line)) as { event: string; export_id?: string };
    return entry.event === "export.completed" && entry.export_id === id;
  }).length;
}

const asSent = (waiting: Message[]) => waiting;
const inDisorder = (seed: number) => {
  const roll = dice(seed);
  return (waiting: Message[]) => shuffled(roll, waiting);
};

const WAYS: [what: string, how: Carelessness][] = [
  ["once each", { times: 1, order: asSent, width: 1 }],
  ["twice each", { times: 2, order: asSent, width: 1 }],
  ["three times each, in disorder", { times: 3, order: inDisorder(1), width: 1 }],
  ["backwards", { times: 1, order: (waiting) => waiting.toReversed(), width: 1 }],
  ["twice each, both at once", { times: 2, order: asSent, width: 2 }],
  ["three times each, in disorder, four at once", { times: 3, order: inDisorder(2), width: 4 }],
];

describe.each(["single", "files"] as const)("an export in the layout %s", (layout) => {
  it.each(everyNth(WAYS, 4, layout === "single" ? 0 : 1))(
    "whose messages come %s has the same bytes, and is completed once",
    async (_what, how) => {
      const id = await service.ask(space, LAYOUTS[layout]);
      await pumpCarelessly(service, how);
      const done = await service.poll(space, id);
      expect(done).toMatchObject({ status: "completed", error: null, next_retry_at: null });
      expect(bytesOf(done)).toEqual(undisturbed[layout]);
      expect(completions(id)).toBe(1);
      expect(await segmentsLeft(service, space, id, 6)).toEqual([]);
    },
  );

  it("is not touched by messages that come after it was completed", async () => {
    const id = await service.ask(space, LAYOUTS[layout]);
    const delivered = await pumpCarelessly(service, { times: 1, order: asSent, width: 1 });
    const before = await service.poll(space, id);
    service.now += 2 * LEASE_MS;
    for (const message of delivered.toReversed()) expect(await deliver(service, message)).toBe("ack");
    const after = await service.poll(space, id);
    expect({ ...after, files: bytesOf(after) }).toMatchObject({ ...before, files: bytesOf(before), ...fresh(after) });
    expect([service.queue, completions(id), await segmentsLeft(service, space, id, 6)]).toEqual([[], 1, []]);
  });
});

/** Fields that differ between polls. */
const fresh = ({ download_url, url_expires_at }: { download_url: string | null; url_expires_at: string | null }) => ({
  download_url,
  url_expires_at,
});

describe("a step of two consumers, because the first one's lease expired", () => {
  /** Delivers the message to a second consumer while the first still runs with an expired lease. */
  async function overtaken(message: Message): Promise<void> {
    const first = deliver(service, message);
    service.now += LEASE_MS + 1;
    const verdicts = await Promise.all([first, deliver(service, message)]);
    service.queue.push(...verdicts.filter((verdict) => verdict !== "ack").map(() => message));
  }

  it.each(["single", "files"] as const)("has the same bytes in the layout %s", async (layout) => {
    const id = await service.ask(space, LAYOUTS[layout]);
    while (service.queue.length > 0) await overtaken(take(service));
    const done = await service.poll(space, id);
    expect(done.status).toBe("completed");
    expect(bytesOf(done)).toEqual(undisturbed[layout]);
    expect(completions(id)).toBe(1);
  });
});

it("ignores a message for an export, a chunk or a file that does not exist", async () => {
  const id = await service.ask(space, LAYOUTS.files);
  await deliver(service, take(service, "plan"));
  service.queue.length = 0;
  const strays: Message[] = [
    { space_id: space.id, export_id: id, step: "chunk", n: 999, generation: 0, request_id: "" },
    { space_id: space.id, export_id: id, step: "assemble", n: 999, generation: 0, request_id: "" },
    { space_id: space.id, export_id: id, step: "finish", n: 0, generation: 0, request_id: "" },
    { space_id: space.id, export_id: "nothing", step: "plan", n: 0, generation: 0, request_id: "" },
    { space_id: "another", export_id: id, step: "chunk", n: 0, generation: 0, request_id: "" },
  ];
  expect(await Promise.all(strays.map((message) => deliver(service, message)))).toEqual(strays.map(() => "ack"));
  expect(await service.poll(space, id)).toMatchObject({ status: "processing", progress: { rows_written: 0 } });
});
