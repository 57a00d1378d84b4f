/** Which exports can be verified, what is verified in the background, and what a verification leaves. */

import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { handleDeadLetter } from "../../../src/export/pipeline/run.ts";
import { failAll } from "../../support/schedules.ts";
import type { ProblemView } from "../../support/service.ts";
import { sweep } from "../../support/sweep.ts";
import {
  keysOf,
  reachBucketBy,
  shopWithMemory,
  THREE_FILES,
  verificationOf,
  verifyExport,
} from "../../support/verification.ts";

const DAY = 86_400_000;

it("an export that is not completed is answered with 409, and one whose files have expired with 410", async () => {
  const { service, space } = await shopWithMemory();
  const refusal = async (id: string) => {
    const response = await service.call("POST", `/v1/exports/${id}/verify`, { key: space.key });
    return [response.status, (await response.json<ProblemView>()).code];
  };
  const queued = await service.ask(space);
  expect(await refusal(queued)).toEqual([409, "conflict"]);
  await failAll(service);
  expect(await refusal(queued)).toEqual([409, "conflict"]);
  const canceled = await service.ask(space);
  await service.json("POST", `/v1/exports/${canceled}/cancel`, 202, { key: space.key });
  expect(await refusal(canceled)).toEqual([409, "conflict"]);
  service.queue.length = 0;
  const completed = await service.export(space);
  service.now += 8 * DAY;
  await sweep(service.context);
  expect(await refusal(completed.id)).toEqual([410, "gone"]);
  await service.json("DELETE", `/v1/exports/${completed.id}`, 204, { key: space.key });
  expect(await refusal(completed.id)).toEqual([404, "not_found"]);
});

it("an export of more files than are verified in the call is verified in the background", async () => {
  const { service, space } = await shopWithMemory();
  const more = Array.from({ length: 60 }, (_, n) => ({
    id: `more-${n}`,
    definition_id: "order_placed",
    person_id: "p-1",
    occurred_at: new Date(service.now - 1_000 - n).toISOString(),
    properties: {},
  }));
  await service.send(space, more);
  service.chunkPerFile = false;
  const view = await service.export(space, { layout: "files", file_rows: 1 });
  const { status, body } = await verifyExport(service, space, view.id);
  expect([status, body]).toMatchObject([202, { status: "running", files_total: 66, files_checked: 0 }]);
  expect(service.queue).toMatchObject([{ step: "verify", export_id: view.id, n: 1 }]);
  await service.pump();
  const found = await verificationOf(service, space, view.id);
  expect(found).toMatchObject({ status: "finished", ok: true, files_checked: 66 });
  expect(found.files).toHaveLength(66);
});

it("a verification whose files expire before its end is abandoned, and tells of no damage", async () => {
  const { service, space, s3 } = await shopWithMemory();
  const view = await service.export(space, { ...THREE_FILES, callback_url: "https://hooks.test/x" });
  s3.isDown = true;
  await verifyExport(service, space, view.id);
  service.now += 8 * DAY;
  s3.isDown = false;
  await sweep(service.context);
  await service.pump();
  expect(s3.keysBelow(`spaces/${space.id}/`)).toEqual([]);
  expect(await verificationOf(service, space, view.id)).toMatchObject({
    status: "abandoned",
    ok: null,
    verified_at: null,
    missing: null,
    files: [],
  });
  const path = `/v1/webhook-deliveries?export_id=${view.id}`;
  const { data } = await service.json<{ data: { type: string }[] }>("GET", path, 200, { key: space.key });
  expect(data.map(({ type }) => type)).not.toContain("export.damaged");
});

it("its beginning and its result are in the export's timeline", async () => {
  const { service, space, s3 } = await shopWithMemory();
  const view = await service.export(space, THREE_FILES);
  s3.objects.delete(keysOf(space, view).manifest);
  service.now += 1_000;
  await verifyExport(service, space, view.id);
  const path = `/v1/exports/${view.id}/events`;
  const { data } = await service.json<{ data: { type: string; detail: unknown }[] }>("GET", path, 200, {
    key: space.key,
  });
  expect(data.slice(-2).map(({ type, detail }) => [type, detail])).toEqual([
    ["export.verification_started", { reason: "requested", files: 4 }],
    ["export.verified", { ok: false, files: 4, missing: 1, changed: 0, unreadable: 0 }],
  ]);
});

it("nothing of it is left when the export's record is deleted, nor when its space is", async () => {
  const { service, space, s3 } = await shopWithMemory();
  const rows = async () => {
    const sql = `SELECT (SELECT count(*) FROM export_verifications WHERE space_id = ?1) AS verifications,
      (SELECT count(*) FROM export_verification_problems WHERE space_id = ?1) AS problems`;
    return env.CONTROL_DB.prepare(sql).bind(space.id).first();
  };
  const [first, second] = [await service.export(space, THREE_FILES), await service.export(space, THREE_FILES)];
  for (const view of [first, second]) {
    s3.objects.delete(keysOf(space, view).manifest);
    await verifyExport(service, space, view.id);
  }
  expect(await rows()).toEqual({ verifications: 2, problems: 2 });
  await service.json("DELETE", `/v1/exports/${first.id}`, 204, { key: space.key });
  for (let sweeps = 0; sweeps < 4; sweeps += 1, service.now += 1_000_000) await sweep(service.context);
  expect(await rows()).toEqual({ verifications: 1, problems: 1 });
  await service.json("DELETE", `/v1/spaces/${space.id}`, 202, { key: "test-admin-token-of-32-characters" });
  for (let sweeps = 0; sweeps < 6; sweeps += 1, service.now += 1_000_000) await sweep(service.context);
  expect(await rows()).toEqual({ verifications: 0, problems: 0 });
});

it("two calls at the same time begin one verification", async () => {
  const { service, space, s3 } = await shopWithMemory();
  const view = await service.export(space, THREE_FILES);
  s3.isDown = true;
  const calls = await Promise.all([verifyExport(service, space, view.id), verifyExport(service, space, view.id)]);
  expect(calls.map(({ status }) => status)).toEqual([202, 202]);
  const sql = "SELECT n FROM export_verifications WHERE export_id = ?1";
  expect(await env.CONTROL_DB.prepare(sql).bind(view.id).first()).toEqual({ n: 1 });
});

it("a verification whose message is lost goes on with the sweep", async () => {
  const { service, space, s3 } = await shopWithMemory();
  const view = await service.export(space, THREE_FILES);
  s3.isDown = true;
  await verifyExport(service, space, view.id);
  service.delayed.length = 0;
  s3.isDown = false;
  service.now += 1_000_000;
  await sweep(service.context);
  await service.pump();
  expect(await verificationOf(service, space, view.id)).toMatchObject({ status: "finished", ok: true });
});

it("an invocation that is nearly spent sends itself on, and reads no file again", async () => {
  const { service, space, s3 } = await shopWithMemory();
  const view = await service.export(space, THREE_FILES);
  const read: string[] = [];
  reachBucketBy(service, async (input, init) => {
    read.push(new Request(input).url);
    // Longer than an invocation may read.
    service.now += 130_000;
    return s3.fetch(input, init);
  });
  const { status } = await verifyExport(service, space, view.id);
  expect(status).toBe(202);
  await service.pump();
  expect(await verificationOf(service, space, view.id)).toMatchObject({ status: "finished", ok: true });
  expect(new Set(read).size).toBe(4);
  expect(read).toHaveLength(4);
});

it("a message that the queue gave up ends the verification, unless another consumer works on it", async () => {
  const { service, space, s3 } = await shopWithMemory();
  const view = await service.export(space, THREE_FILES);
  s3.isDown = true;
  await verifyExport(service, space, view.id);
  const message = service.delayed[0]?.message;
  if (message === undefined) throw new Error("no message waits");
  const lease = (until: number) =>
    env.CONTROL_DB.prepare("UPDATE export_verifications SET lease_until = ?2 WHERE export_id = ?1")
      .bind(view.id, until)
      .run();
  await lease(service.now + 10_000);
  await handleDeadLetter(service.context, message);
  expect(await verificationOf(service, space, view.id)).toMatchObject({ status: "running" });
  await lease(0);
  await handleDeadLetter(service.context, message);
  expect(await verificationOf(service, space, view.id)).toMatchObject({
    status: "finished",
    missing: 0,
    changed: 0,
    unreadable: 4,
  });
});
