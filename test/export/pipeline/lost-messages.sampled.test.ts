/** Messages get lost and consumers die: the sweep finds work without a live lease, and the export is completed. */

import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { acquireLease } from "../../../src/db/exports/leases.ts";
import { findSpace } from "../../../src/db/tenants/spaces.ts";
import { createExport } from "../../../src/export/api/create.ts";
import { runStep } from "../../../src/export/pipeline/run.ts";
import { Bucket } from "../../../src/outbound/s3.ts";
import { sweep } from "../../support/sweep.ts";
import { bytesOf, deliver, roomyService, segmentsLeft, take } from "../../support/pipeline.ts";
import { orders, type Service, START, type Space } from "../../support/service.ts";
import { everyNth } from "../../support/seeds.ts";

const FROM = START - 3_000_000;
const window = (events: number) => ({
  start: new Date(FROM).toISOString(),
  end: new Date(FROM + events).toISOString(),
});
/** Steps: plan, two chunks, assemble, finish. */
const SINGLE = { layout: "single", ...window(50_001) };
/** Steps: plan, three chunks, finish. */
const FILES = { layout: "files", file_rows: 40, ...window(100) };

let service: Service;
let space: Space;
const undisturbed = new Map<unknown, ReturnType<typeof bytesOf>>();

beforeAll(async () => {
  service = roomyService();
  space = await service.shop();
  await service.send(space, orders(50_001, FROM));
  for (const request of [SINGLE, FILES]) undisturbed.set(request, bytesOf(await service.export(space, request)));
});

beforeEach(() => {
  service.queue.length = 0;
});

const noAnswer = async (): Promise<Response> => {
  throw new Error("Network connection lost.");
};

/** Moves the clock far enough for the sweep to find stuck exports. */
function later(): void {
  service.now += service.config.leaseMs + service.config.resendAfterMs + 1;
}

/** Sweeps and pumps until the export is final, as cron and the queue would. @returns how many sweeps it took. */
async function recover(id: string): Promise<number> {
  for (let sweeps = 1; sweeps <= 10; sweeps += 1) {
    later();
    await sweep(service.context);
    await service.pump();
    if ((await service.poll(space, id)).status !== "processing") return sweeps;
  }
  throw new Error("ten sweeps did not bring it to an end");
}

async function expectComplete(id: string, request: unknown): Promise<void> {
  const done = await service.poll(space, id);
  expect(done).toMatchObject({ status: "completed", error: null });
  expect(bytesOf(done)).toEqual(undisturbed.get(request));
  expect(await segmentsLeft(service, space, id, 3)).toEqual([]);
}

describe.each([
  ["single", SINGLE],
  ["files", FILES],
])("an export in the layout %s", (_layout, request) => {
  it.each(everyNth([0, 1, 2, 3, 4], 4, 1))(
    "whose messages are all lost after %i steps is completed by one sweep",
    async (steps) => {
      const id = await service.ask(space, request);
      for (let step = 0; step < steps; step += 1) await deliver(service, take(service));
      service.queue.length = 0;
      expect(await recover(id)).toBe(1);
      await expectComplete(id, request);
    },
  );

  it("is completed when every message is lost once", async () => {
    const id = await service.ask(space, request);
    for (let round = 0; round < 6 && (await service.poll(space, id)).status !== "completed"; round += 1) {
      service.queue.length = 0;
      later();
      await sweep(service.context);
      for (const message of service.queue.splice(0)) await deliver(service, message);
    }
    await expectComplete(id, request);
  });
});

describe("a consumer that dies", () => {
  it("with a leased chunk keeps the others from it until its lease ends", async () => {
    const id = await service.ask(space, FILES);
    await deliver(service, take(service, "plan"));
    const chunk = { table: "export_chunks", spaceId: space.id, exportId: id, n: 1 } as const;
    const until = service.now + service.config.leaseMs;
    await acquireLease(service.context.databases.control, chunk, service.now, until);
    await service.pump();
    expect((await service.poll(space, id)).progress).toMatchObject({ phase: "writing", files_written: 2 });
    service.now += service.config.leaseMs - 1;
    await sweep(service.context);
    expect(service.queue).toEqual([]);
    await recover(id);
    await expectComplete(id, FILES);
  });

  it("while it assembles a file is followed by another", async () => {
    const id = await service.ask(space, SINGLE);
    while (!service.queue.some((message) => message.step === "assemble")) await deliver(service, take(service));
    const file = { table: "export_files", spaceId: space.id, exportId: id, n: 0 } as const;
    const until = service.now + service.config.leaseMs;
    await acquireLease(service.context.databases.control, file, service.now, until);
    await service.pump();
    expect(await service.poll(space, id)).toMatchObject({ status: "processing", progress: { phase: "assembling" } });
    await recover(id);
    await expectComplete(id, SINGLE);
  });
});

describe("the sweep", () => {
  it("sends nothing for an export that is not overdue", async () => {
    await service.ask(space, FILES);
    service.queue.length = 0;
    service.now += service.config.resendAfterMs - 1;
    await sweep(service.context);
    expect(service.queue).toEqual([]);
    service.now += 1;
    await sweep(service.context);
    expect(service.queue.map((message) => message.step)).toEqual(["plan"]);
    await service.pump();
  });

  it("leaves a message that waits for its next attempt to the queue, until that message is overdue", async () => {
    const id = await service.ask(space, FILES);
    const plan = take(service, "plan");
    await deliver(service, plan);
    const chunk = take(service, "chunk");
    const down = new Bucket(service.config.bucket, () => service.now, noAnswer, "service");
    expect(await runStep({ ...service.context, bucket: down }, chunk, 5)).not.toBe("ack");
    // Meanwhile a message of the plan is delivered again.
    await deliver(service, plan);
    service.queue.length = 0;
    const { next_retry_at: retryAt } = await service.poll(space, id);
    service.now = Date.parse(retryAt ?? "") + service.config.resendAfterMs - 1;
    await sweep(service.context);
    expect(service.queue).toEqual([]);
    service.now += 1;
    await sweep(service.context);
    expect(service.queue.map(({ step, n }) => [step, n])).toEqual([0, 1, 2].map((n) => ["chunk", n]));
    await service.pump();
    await expectComplete(id, FILES);
  });

  it("finds one message waiting for the next attempt where one failed at several consumers", async () => {
    const id = await service.ask(space, FILES);
    await deliver(service, take(service, "plan"));
    const chunk = take(service, "chunk");
    const down = new Bucket(service.config.bucket, () => service.now, noAnswer, "service");
    const fail = async (attempt: number) =>
      (await runStep({ ...service.context, bucket: down }, chunk, attempt)) !== "ack";
    expect([await fail(4), await fail(4), await fail(1)]).toEqual([true, false, false]);
    // The message of more attempts comes in place of the others.
    expect([await fail(5), await fail(4)]).toEqual([true, false]);
    service.now = Date.parse((await service.poll(space, id)).next_retry_at ?? "");
    expect([await fail(1), await fail(1)]).toEqual([true, false]);
    service.queue.push(chunk);
    await service.pump();
    await expectComplete(id, FILES);
  });

  it("does not send the same twice in a row", async () => {
    await service.ask(space, FILES);
    service.queue.length = 0;
    later();
    await sweep(service.context);
    await sweep(service.context);
    expect(service.queue).toHaveLength(1);
    await service.pump();
  });

  it("sends only the chunks that are still to be written", async () => {
    const id = await service.ask(space, FILES);
    await deliver(service, take(service, "plan"));
    await deliver(service, take(service, "chunk"));
    service.queue.length = 0;
    later();
    await sweep(service.context);
    expect(service.queue.map(({ export_id, step, n }) => [export_id, step, n])).toEqual([
      [id, "chunk", 1],
      [id, "chunk", 2],
    ]);
    await service.pump();
  });

  it("sends nothing for an export that is completed", async () => {
    await service.export(space, FILES);
    later();
    await sweep(service.context);
    expect(service.queue).toEqual([]);
  });
});

it("accepts an export when the queue rejects its message, and runs it later", async () => {
  const row = await findSpace(service.context.databases.control, space.id);
  if (row === null) throw new Error("the space is missing");
  const { request } = await service.export(space, FILES);
  const silent = {
    ...service.context,
    send: async () => {
      throw new Error("the queue is down");
    },
  };
  const created = await createExport(silent, {
    space: row,
    request: request as unknown as Parameters<typeof createExport>[1]["request"],
    requestId: "",
    idempotencyKey: null,
    answer: () => "{}",
  });
  later();
  await sweep(service.context);
  await service.pump();
  await expectComplete(created.id, FILES);
});
