/** Retrying a failed export: it continues from its good files, and ends as one that never failed. */

import { describe, expect, it } from "vitest";
import { sweep } from "../../support/sweep.ts";
import { s3Error } from "../../support/aws.ts";
import { objectsOf, type Sent, throughLine } from "../../support/bucket.ts";
import { bytesOf, deliver, eventIdsOf, roomyService, take } from "../../support/pipeline.ts";
import { orders, type ProblemView, Service, type Space, START } from "../../support/service.ts";
import { SPACE_NO } from "../../../src/db/core/sequences.ts";

const HOUR_MS = 3_600_000;
const SETTLED_MS = 15 * 60_000;
const KEPT_MS = 7 * 24 * HOUR_MS;
/** Ten events make three chunks. */
const SMALL = {
  chunkRows: 4,
  chunkBytes: 25_000_000,
  chunkScan: 2_000_000,
  partBytes: 5 * 1_048_576,
  fileBytes: 100_000_000,
};
const LAYOUTS = { files: { layout: "files", file_rows: 4 }, single: { layout: "single" } };
const IDS = orders(10).map((event) => event["id"]);

interface Case {
  service: Service;
  space: Space;
  id: string;
}

async function asked(request: Record<string, unknown> = LAYOUTS.files, service = roomyService()): Promise<Case> {
  service.context.sizes = SMALL;
  const space = await service.shop();
  await service.send(space, orders(10));
  return { service, space, id: await service.ask(space, request) };
}

/** Whether a request is the `n`th of those that upload what a chunk wrote. */
function nthUpload(n: number): (sent: Sent) => boolean {
  const names: string[] = [];
  return ({ method, name }) => {
    if (method === "PUT" && !names.includes(name)) names.push(name);
    return method === "PUT" && names.indexOf(name) === n;
  };
}

/** An export whose second chunk the bucket always rejected. The others are written. */
async function failed(request: Record<string, unknown> = LAYOUTS.files, service = roomyService()): Promise<Case> {
  const of = await asked(request, service);
  const second = nthUpload(1);
  throughLine(service, async (sent, pass) => (second(sent) ? s3Error(503, "SlowDown") : pass()));
  await service.pump();
  expect((await service.poll(of.space, of.id)).status).toBe("failed");
  throughLine(service);
  return of;
}

const retry = ({ service, space, id }: Case) => service.call("POST", `/v1/exports/${id}/retry`, { key: space.key });

async function refusal(of: Case): Promise<[number, string]> {
  const response = await retry(of);
  return [response.status, (await response.json<ProblemView>()).code];
}

async function expectComplete({ service, space, id }: Case): Promise<void> {
  const done = await service.poll(space, id);
  expect(done).toMatchObject({ status: "completed", error: null, next_retry_at: null, progress: { percent: 100 } });
  expect(await eventIdsOf(service, done)).toEqual(IDS);
}

describe.each(["files", "single"] as const)("a failed export in the layout %s that is retried", (layout) => {
  it("writes only what is missing", async () => {
    const of = await failed(LAYOUTS[layout]);
    const requests = throughLine(of.service);
    await retry(of);
    await of.service.pump();
    const written = requests.filter(({ method }) => method === "PUT").map(({ name }) => name);
    const { files } = await of.service.poll(of.space, of.id);
    const own = layout === "files" ? files[1]?.name : "segments/1";
    const put = layout === "files" ? [] : [files[0]?.name];
    expect(written).toEqual([own, ...put, `_${of.id}-manifest.json`]);
  });

  it("has the same bytes as one that never failed, and no other objects", async () => {
    const of = await failed(LAYOUTS[layout]);
    await retry(of);
    await of.service.pump();
    await expectComplete(of);
    const [done, other] = [await of.service.poll(of.space, of.id), await of.service.export(of.space, LAYOUTS[layout])];
    expect(bytesOf(done)).toEqual(bytesOf(other));
    const names = [...done.files.map((file) => file.name), `_${of.id}-manifest.json`];
    expect(await objectsOf(of.service, of.space, of.id)).toEqual(names.toSorted());
  });
});

describe("a retry", () => {
  it("answers with the queued export, which has lost its error and kept its progress", async () => {
    const of = await failed();
    const response = await retry(of);
    expect([response.status, response.headers.get("retry-after")]).toEqual([202, "2"]);
    expect(await response.json()).toMatchObject({
      id: of.id,
      status: "queued",
      error: null,
      completed_at: null,
      expires_at: null,
      progress: { phase: "writing", rows_total: 10, rows_written: 6, files_written: 2, files_total: 3 },
    });
    expect(of.service.queue).toMatchObject([{ export_id: of.id, step: "plan" }]);
  });

  it("reads at the first snapshot", async () => {
    const of = await failed();
    await of.service.send(of.space, [{ ...orders(6)[5], id: "late" }]);
    await retry(of);
    await of.service.pump();
    await expectComplete(of);
  });

  it("begins a new round: a second failure is reported again", async () => {
    const service = roomyService();
    const of = await failed({ ...LAYOUTS.files, callback_url: "https://hooks.example/spillway" }, service);
    await retry(of);
    throughLine(service, async () => s3Error(503, "SlowDown"));
    await service.pump();
    expect((await service.poll(of.space, of.id)).status).toBe("failed");
    const sql = "SELECT event_id FROM webhook_deliveries WHERE space_id = ?1 AND subject_id = ?2 ORDER BY event_id";
    const failedEvents = await service.context.databases.control.all<{ event_id: string }>(sql, [of.space.id, of.id]);
    expect(failedEvents.map((row) => row.event_id)).toEqual([`evt_${of.id}_failed_0`, `evt_${of.id}_failed_1`]);
  });

  it("uses a place of a create", async () => {
    const of = await failed();
    // One place went to the create.
    const narrow = { ...of, service: new Service({ CREATE_LIMIT: "2" }) };
    const first = await retry(narrow);
    expect([first.status, first.headers.get("ratelimit")]).toEqual([202, expect.stringMatching(/^"create";r=0;/)]);
    expect(await refusal(narrow)).toEqual([429, "rate_limited"]);
  });

  it("counts as pending, and waits for a free place", async () => {
    const of = await failed(LAYOUTS.files, roomyService({ PENDING_LIMIT: "1" }));
    const other = await of.service.ask(of.space);
    const response = await retry(of);
    expect([response.status, response.headers.get("retry-after")]).toEqual([429, "10"]);
    expect(await response.json()).toMatchObject({ code: "too_many_pending_exports" });
    expect((await of.service.poll(of.space, of.id)).status).toBe("failed");
    await of.service.json("POST", `/v1/exports/${other}/cancel`, 202, { key: of.space.key });
    expect((await retry(of)).status).toBe(202);
    const [start, end] = [START - 1, START].map((time) => new Date(time).toISOString());
    const body = { dataset: "activity_events", start, end };
    await of.service.json("POST", "/v1/exports", 429, { key: of.space.key, body });
  });

  it.each<[string, (of: Case) => Promise<unknown>]>([
    ["queued", async () => {}],
    ["processing", ({ service }) => deliver(service, take(service, "plan"))],
    ["completed", ({ service }) => service.pump()],
    ["canceled", ({ service, space, id }) => service.json("POST", `/v1/exports/${id}/cancel`, 202, { key: space.key })],
    [
      "expired",
      async ({ service }) => {
        await service.pump();
        service.now += KEPT_MS;
        await sweep(service.context);
      },
    ],
  ])("of an export that is %s is a conflict, and changes nothing", async (status, bring) => {
    const of = await asked();
    await bring(of);
    const before = await of.service.poll(of.space, of.id);
    const waiting = [...of.service.queue];
    expect(before.status).toBe(status);
    expect(await refusal(of)).toEqual([409, "conflict"]);
    const after = await of.service.poll(of.space, of.id);
    expect({ ...after, files: bytesOf(after), download_url: null }).toEqual({
      ...before,
      files: bytesOf(before),
      download_url: null,
    });
    expect(of.service.queue).toEqual(waiting);
    await of.service.pump();
  });

  it("is one retry when two calls come at once", async () => {
    const of = await failed();
    const answers = await Promise.all([retry(of), retry(of)]);
    expect(answers.map((answer) => answer.status).toSorted((a, b) => a - b)).toEqual([202, 409]);
    expect(of.service.queue).toHaveLength(1);
    await of.service.pump();
    await expectComplete(of);
  });

  it("is possible to the last millisecond before expires_at, and its files wait for it", async () => {
    const of = await failed();
    const { service, space, id } = of;
    expect((await service.poll(space, id)).expires_at).toBe(new Date(START + KEPT_MS).toISOString());
    service.now = START + KEPT_MS - 1;
    await sweep(service.context);
    expect(await objectsOf(service, space, id)).toHaveLength(2);
    expect((await retry(of)).status).toBe(202);
    service.now += 2 * HOUR_MS;
    await sweep(service.context);
    expect(await objectsOf(service, space, id)).toHaveLength(2);
    await service.pump();
    await expectComplete(of);
  });

  it("is rejected from expires_at on, and then the files are deleted", async () => {
    const of = await failed();
    const { service, space, id } = of;
    service.now = START + KEPT_MS;
    expect(await refusal(of)).toEqual([409, "conflict"]);
    service.now += HOUR_MS;
    await sweep(service.context);
    expect(await objectsOf(service, space, id)).toEqual([]);
    expect((await service.poll(space, id)).status).toBe("failed");
  });
});

describe("an export whose counts did not add up", () => {
  const data = ({ service, space }: Case, sql: string) =>
    service.context.databases.space(space.id).run(sql, [space.id]);

  it.each(["files", "single"] as const)("is planned and written again in the layout %s", async (layout) => {
    const of = await asked(LAYOUTS[layout]);
    await deliver(of.service, take(of.service, "plan"));
    await data(of, `UPDATE events SET space_no = -space_no WHERE space_no = ${SPACE_NO} AND id = 'e-0000005'`);
    await of.service.pump();
    expect(await of.service.poll(of.space, of.id)).toMatchObject({
      status: "failed",
      error: { code: "incomplete_export", retryable: true },
    });
    await data(of, `UPDATE events SET space_no = -space_no WHERE space_no = -${SPACE_NO}`);
    expect(await (await retry(of)).json()).toMatchObject({ progress: { phase: "planning", files_total: null } });
    await of.service.pump();
    await expectComplete(of);
  });

  it.each(["files", "single"] as const)("completes without the deleted events, in the layout %s", async (layout) => {
    const of = await asked(LAYOUTS[layout]);
    await deliver(of.service, take(of.service, "plan"));
    await data(of, `DELETE FROM events WHERE space_no = ${SPACE_NO} AND id = 'e-0000005'`);
    await of.service.pump();
    await retry(of);
    await of.service.pump();
    const done = await of.service.poll(of.space, of.id);
    expect(done).toMatchObject({ status: "completed", error: null });
    expect(await eventIdsOf(of.service, done)).toEqual(IDS.filter((id) => id !== "e-0000005"));
    // Objects of the first plan are deleted once no step can be writing them any more.
    of.service.now += SETTLED_MS;
    await sweep(of.service.context);
    const names = [...done.files.map((file) => file.name), `_${of.id}-manifest.json`];
    expect(await objectsOf(of.service, of.space, of.id)).toEqual(names.toSorted());
  });
});

it("retries an export that failed while it was planned", async () => {
  const of = await asked();
  const { service, space, id } = of;
  const well = service.context.databases;
  service.context.databases = {
    ...well,
    space: () => {
      throw new Error("the database is away");
    },
  };
  await service.pump();
  service.context.databases = well;
  const error = { code: "internal", owner: "service", retryable: true };
  expect(await service.poll(space, id)).toMatchObject({ status: "failed", error, progress: { phase: "planning" } });
  expect((await retry(of)).status).toBe(202);
  await service.pump();
  await expectComplete(of);
});
