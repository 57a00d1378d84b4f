/** Cancelling an export in any phase: it stops, stays canceled, and leaves no object in the bucket. */

import { afterEach, describe, expect, it } from "vitest";
import type { Message } from "../../../src/context.ts";
import { runStep } from "../../../src/export/pipeline/run.ts";
import { sweep } from "../../support/sweep.ts";
import { gate, type Line, objectsOf, type Sent, throughLine, uploadsOf } from "../../support/bucket.ts";
import { deliver, roomyService, take } from "../../support/pipeline.ts";
import { dice, noise } from "../../support/random.ts";
import { orders, type ProblemView, type Service, type Space, START } from "../../support/service.ts";
import { everyNth } from "../../support/seeds.ts";

const SETTLED_MS = 15 * 60_000;
/** Segments of four records each, so that a few events make several. */
const SMALL = {
  chunkRows: 4,
  chunkBytes: 25_000_000,
  chunkScan: 2_000_000,
  partBytes: 5 * 1_048_576,
  fileBytes: 100_000_000,
};

interface Case {
  service: Service;
  space: Space;
  id: string;
}

const services: Service[] = [];

async function asked(request: Record<string, unknown>, vars: Record<string, string> = {}): Promise<Case> {
  const service = roomyService(vars);
  service.context.sizes = SMALL;
  throughLine(service);
  services.push(service);
  const space = await service.shop();
  await service.send(space, orders(10));
  return { service, space, id: await service.ask(space, request) };
}

/** A sweep works on all spaces: exports that one test leaves in flight are ended before the next test. */
afterEach(async () => {
  for (const service of services.splice(0)) await service.pump();
});

const cancel = ({ service, space, id }: Case) => service.call("POST", `/v1/exports/${id}/cancel`, { key: space.key });

/** Delivers messages until one of this step is next. */
async function pumpTo(service: Service, step: Message["step"]): Promise<void> {
  while (!service.queue.some((message) => message.step === step)) await deliver(service, take(service));
}

/** One instance of the service consumes the next message of that step, and reaches the bucket by this line. */
function stall(service: Service, step: Message["step"], line: Line): Promise<unknown> {
  const well = service.context.bucket;
  throughLine(service, line);
  const late = runStep({ ...service.context }, take(service, step), 1);
  service.context.bucket = well;
  return late;
}

/** Like cron: one sweep at once, and one after every running step must have ended. */
async function sweepLate(service: Service): Promise<void> {
  await sweep(service.context);
  service.now += SETTLED_MS;
  await sweep(service.context);
}

async function expectNothingLeft({ service, space, id }: Case): Promise<void> {
  expect([await objectsOf(service, space, id), uploadsOf(space, id)]).toEqual([[], []]);
  const { status, files, download_url, manifest_url } = await service.poll(space, id);
  expect({ status, files, download_url, manifest_url }).toEqual({
    status: "canceled",
    files: [],
    download_url: null,
    manifest_url: null,
  });
}

const SINGLE = { layout: "single" };
const FILES = { layout: "files", file_rows: 4 };

/** Phases in which an export is canceled. */
const STATES: [what: string, request: Record<string, unknown>, reach: (of: Case) => Promise<unknown>][] = [
  ["queued", FILES, async () => {}],
  ["planned", FILES, ({ service }) => pumpTo(service, "chunk")],
  [
    "half written",
    FILES,
    async ({ service }) => {
      await pumpTo(service, "chunk");
      await deliver(service, take(service, "chunk"));
    },
  ],
  ["waiting to be put together", SINGLE, ({ service }) => pumpTo(service, "assemble")],
  ["waiting to be finished", SINGLE, ({ service }) => pumpTo(service, "finish")],
  [
    "waiting for its next try",
    FILES,
    async ({ service }) => {
      await pumpTo(service, "chunk");
      const requests = throughLine(service, async () => new Response(null, { status: 503 }));
      expect(await deliver(service, take(service, "chunk"))).not.toBe("ack");
      expect(requests).not.toEqual([]);
      throughLine(service);
    },
  ],
];

describe.each(everyNth(STATES, 4, 0))("an export that is %s", (_what, request, bring) => {
  it("is canceled, once, and leaves nothing", async () => {
    const of = await asked(request);
    const { service, space, id } = of;
    await bring(of);
    const answer = await cancel(of);
    expect(answer.status).toBe(202);
    expect(await answer.json()).toMatchObject({
      id,
      status: "canceled",
      completed_at: new Date(START).toISOString(),
      error: null,
      next_retry_at: null,
      files: [],
    });
    const again = await cancel(of);
    expect([again.status, (await again.json<ProblemView>()).code]).toEqual([409, "conflict"]);
    await sweepLate(service);
    await expectNothingLeft(of);
    await service.json("GET", `/v1/exports/${id}/content`, 410, { key: space.key });
    await service.json("GET", `/v1/exports/${id}/manifest`, 404, { key: space.key });
    await service.json("GET", `/v1/exports/${id}/files/x`, 404, { key: space.key });
  });

  it("is not brought back by the messages that still come", async () => {
    const of = await asked(request);
    const { service, space, id } = of;
    await bring(of);
    const waiting = [...service.queue];
    const steps = (["plan", "chunk", "assemble", "finish"] as const).flatMap((step) =>
      [0, 1, 2].map((n) => ({ space_id: space.id, export_id: id, step, n, generation: 0, request_id: "" })),
    );
    await cancel(of);
    service.now += service.config.leaseMs + 1;
    for (const message of [...waiting, ...steps, ...steps.toReversed()])
      expect(await deliver(service, message, 9)).toBe("ack");
    service.queue.length = 0;
    await sweepLate(service);
    expect(service.queue).toEqual([]);
    await expectNothingLeft(of);
  });

  it("frees a place for another export", async () => {
    const of = await asked(request, { PENDING_LIMIT: "1" });
    await bring(of);
    const { service, space } = of;
    const body = {
      dataset: "activity_events",
      start: new Date(START - 1).toISOString(),
      end: new Date(START).toISOString(),
    };
    await service.json("POST", "/v1/exports", 429, { key: space.key, body });
    await cancel(of);
    await service.json("POST", "/v1/exports", 202, { key: space.key, body });
  });
});

/** A step stalls at a request to the bucket, the export is canceled and swept, and then the step continues. */
const STALLS: [what: string, request: Record<string, unknown>, step: Message["step"], at: (sent: Sent) => boolean][] = [
  ["writes a file", FILES, "chunk", ({ method, name }) => method === "PUT" && name.endsWith(".json.gz")],
  ["writes a segment", SINGLE, "chunk", ({ method, name }) => method === "PUT" && name.startsWith("segments/")],
  ["puts a file together", SINGLE, "assemble", ({ method }) => method === "GET"],
  ["is about to upload the file", SINGLE, "assemble", ({ method }) => method === "PUT"],
  ["drops its segments", SINGLE, "finish", ({ method, query }) => method === "POST" && query.includes("delete")],
  ["writes its manifest", SINGLE, "finish", ({ method, name }) => method === "PUT" && name.endsWith("manifest.json")],
];

describe.each(everyNth(STALLS, 3, 1))("an export that is canceled while it %s", (_what, request, step, at) => {
  it.each([
    [
      "before the sweep",
      async (service: Service, goOn: () => Promise<unknown>) => {
        await goOn();
        await sweepLate(service);
      },
    ],
    [
      "between two sweeps",
      async (service: Service, goOn: () => Promise<unknown>) => {
        await sweep(service.context);
        await goOn();
        service.now += SETTLED_MS;
        await sweep(service.context);
      },
    ],
    [
      "after everything was swept",
      async (service: Service, goOn: () => Promise<unknown>) => {
        await sweepLate(service);
        await goOn();
      },
    ],
  ])("leaves nothing when that step ends %s", async (_when, inOrder) => {
    const of = await asked(request);
    const { service } = of;
    await pumpTo(service, step);
    const { line, reached, open } = gate(at);
    const [message] = service.queue.filter((each) => each.step === step);
    const late = stall(service, step, line);
    await reached;
    expect((await cancel(of)).status).toBe(202);
    await inOrder(service, async () => {
      open();
      // The step may fail because its segments are deleted, and be retried: the retry has nothing to do.
      if ((await late) !== "ack" && message !== undefined) expect(await deliver(service, message, 2)).toBe("ack");
    });
    await expectNothingLeft(of);
  });
});

describe("an export that is canceled during a multipart upload", () => {
  /** Its only chunk has begun one, and stalls at its first part. */
  async function uploading() {
    const of = await asked(FILES);
    const { service, space } = of;
    await service.pump();
    const roll = dice(1);
    for (const n of [0, 1, 2, 3]) {
      const properties = { order_id: noise(roll, 1_900_000), amount: n };
      await service.send(space, [{ ...orders(1)[0], id: `long-${n}`, properties }]);
    }
    const id = await service.ask(space, { layout: "files" });
    await pumpTo(service, "chunk");
    const { line, reached, open } = gate(({ query }) => query.startsWith("partNumber"));
    const step = stall(service, "chunk", line);
    await reached;
    expect(uploadsOf(space, id)).toHaveLength(1);
    return { of: { service, space, id }, step, open };
  }

  it("has no upload left when its step continues", async () => {
    const { of, step, open } = await uploading();
    await cancel(of);
    open();
    expect(await step).toBe("ack");
    await sweepLate(of.service);
    await expectNothingLeft(of);
  });

  it("has no upload left when its step was killed", async () => {
    const { of, step, open } = await uploading();
    await cancel(of);
    await sweepLate(of.service);
    await expectNothingLeft(of);
    open();
    await step;
    await expectNothingLeft(of);
  });
});

it("does not touch another export of the same space", async () => {
  const of = await asked(FILES);
  const { service, space } = of;
  const other = await service.export(space, FILES);
  const before = await objectsOf(service, space, other.id);
  const waiting = await service.ask(space, FILES);
  await cancel({ ...of, id: waiting });
  await sweepLate(service);
  expect(await objectsOf(service, space, other.id)).toEqual(before);
  expect(await service.poll(space, other.id)).toMatchObject({ status: "completed" });
});

it("answers for an id that the space does not have as unknown", async () => {
  const of = await asked(FILES);
  const stranger = await of.service.space();
  const statuses = [];
  for (const each of [
    { ...of, id: crypto.randomUUID() },
    { ...of, space: stranger },
  ])
    statuses.push((await cancel(each)).status);
  expect(statuses).toEqual([404, 404]);
  expect((await of.service.poll(of.space, of.id)).status).toBe("queued");
});
