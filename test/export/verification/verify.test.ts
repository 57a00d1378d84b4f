/** POST /v1/exports/{id}/verify: what it finds in the service's own bucket, and what it never says. */

import { expect, it } from "vitest";
import { sha256Hex } from "../../../src/outbound/s3.ts";
import { roomyService } from "../../support/pipeline.ts";
import { orders } from "../../support/service.ts";
import {
  cutting,
  flipped,
  keysOf,
  pumpRounds,
  reachBucketBy,
  shopWithMemory,
  statusesOf,
  THREE_FILES,
  verificationOf,
  verifyExport,
} from "../../support/verification.ts";

/** No event occurred then. */
const LONG_AGO = { start: "2026-02-01T00:00:00.000Z", end: "2026-02-02T00:00:00.000Z" };

it("answers that every file and the manifest are as they were written", async () => {
  const service = roomyService();
  const space = await service.shop();
  await service.send(space, orders(5));
  const view = await service.export(space, THREE_FILES);
  service.now += 60_000;
  const { status, body } = await verifyExport(service, space, view.id);
  expect([status, body]).toMatchObject([
    200,
    { status: "finished", reason: "requested", ok: true, files_total: 4, missing: 0, changed: 0, unreadable: 0 },
  ]);
  expect(body.verified_at).toBe(new Date(service.now).toISOString());
  expect(body.bytes_read).toBe(body.bytes_total);
  expect(statusesOf(view, body)).toEqual(["ok", "ok", "ok", "ok"]);
  expect(await verificationOf(service, space, view.id)).toEqual(body);
});

it("finds the same in a real bucket", async () => {
  const service = roomyService();
  const space = await service.shop();
  await service.send(space, orders(5));
  const view = await service.export(space, THREE_FILES);
  const { bucket } = service.context;
  const [first = "", second = "", third = ""] = keysOf(space, view).files;
  const rewrite = async (key: string, change: (body: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>) => {
    const body = change((await bucket.read(key, { from: 0, length: 10_000 })) ?? new Uint8Array());
    await bucket.delete(key);
    await bucket.putOnce(key, body, await sha256Hex(body), "application/json");
  };
  await bucket.delete(first);
  await rewrite(second, flipped);
  await rewrite(third, (body) => body);
  const { body } = await verifyExport(service, space, view.id);
  expect(statusesOf(view, body)).toEqual(["missing", "changed", "ok", "ok"]);
});

it("finds a file that is missing, one that was changed, and no fault in one that was replaced by its own bytes", async () => {
  const { service, space, s3 } = await shopWithMemory();
  const view = await service.export(space, THREE_FILES);
  const [first = "", second = "", third = ""] = keysOf(space, view).files;
  s3.objects.delete(first);
  s3.objects.set(second, flipped(s3.objects.get(second)));
  s3.objects.set(third, new Uint8Array(s3.objects.get(third) ?? []));
  const { status, body } = await verifyExport(service, space, view.id);
  expect([status, body]).toMatchObject([200, { ok: false, missing: 1, changed: 1, unreadable: 0 }]);
  expect(statusesOf(view, body)).toEqual(["missing", "changed", "ok", "ok"]);
  expect(body.files[0]?.detail).toContain("No object is at this key");
  expect(body.files[1]?.detail).toContain(view.files[1]?.sha256);
});

it("finds a manifest that was changed, and a file that is shorter or longer, by its length alone", async () => {
  const { service, space, s3 } = await shopWithMemory();
  const view = await service.export(space, THREE_FILES);
  const { files, manifest } = keysOf(space, view);
  const [first = "", second = ""] = files;
  const bytes = new Uint8Array(s3.objects.get(first) ?? []);
  s3.objects.set(manifest, flipped(s3.objects.get(manifest)));
  s3.objects.set(first, bytes.slice(0, -1));
  s3.objects.set(second, new Uint8Array([...(s3.objects.get(second) ?? []), 0]));
  const { body } = await verifyExport(service, space, view.id);
  expect(statusesOf(view, body)).toEqual(["changed", "changed", "ok", "changed"]);
  expect(body.files.map(({ detail }) => detail)[1]).toContain(
    `${bytes.length - 1} bytes instead of ${bytes.length} bytes`,
  );
});

it("lists every file with a problem, page by page, and the manifest first", async () => {
  const { service, space, s3 } = await shopWithMemory();
  const view = await service.export(space, THREE_FILES);
  const { files, manifest } = keysOf(space, view);
  const path = `/v1/exports/${view.id}/verification/problems`;
  const page = (query: string) =>
    service.json<{ data: { name: string; status: string }[]; next_cursor: string | null }>(
      "GET",
      `${path}${query}`,
      200,
      {
        key: space.key,
      },
    );
  expect(await page("")).toEqual({ data: [], next_cursor: null });
  for (const key of [manifest, ...files.slice(1)]) s3.objects.delete(key);
  await verifyExport(service, space, view.id);
  const first = await page("?limit=2");
  const second = await page(`?limit=2&cursor=${first.next_cursor}`);
  expect([...first.data, ...second.data].map(({ name, status }) => [name, status])).toEqual([
    [`_${view.id}-manifest.json`, "missing"],
    [view.files[1]?.name, "missing"],
    [view.files[2]?.name, "missing"],
  ]);
  expect(second.next_cursor).toBeNull();
});

it("a later verification replaces the earlier one, and its problems", async () => {
  const { service, space, s3 } = await shopWithMemory();
  const view = await service.export(space, THREE_FILES);
  const [first = ""] = keysOf(space, view).files;
  const lost = s3.objects.get(first);
  s3.objects.delete(first);
  expect((await verifyExport(service, space, view.id)).body.ok).toBe(false);
  s3.objects.set(first, new Uint8Array(lost ?? []));
  expect((await verifyExport(service, space, view.id)).body).toMatchObject({ ok: true, missing: 0 });
});

it("an export without rows has a manifest to verify", async () => {
  const { service, space } = await shopWithMemory();
  const view = await service.export(space, { ...THREE_FILES, ...LONG_AGO });
  const { body } = await verifyExport(service, space, view.id);
  expect([body.ok, body.files_total, body.files.length]).toEqual([true, 1, 1]);
});

it("while the bucket is away the verification waits, and a second call shows the same one", async () => {
  const { service, space, s3 } = await shopWithMemory();
  const view = await service.export(space, THREE_FILES);
  s3.isDown = true;
  const first = await verifyExport(service, space, view.id);
  expect([first.status, first.body]).toMatchObject([
    202,
    { status: "running", ok: null, verified_at: null, files: [] },
  ]);
  expect(first.headers.get("location")).toBe(`/v1/exports/${view.id}`);
  expect(first.headers.get("retry-after")).toBe("2");
  service.now += 1_000;
  const second = await verifyExport(service, space, view.id);
  expect([second.status, second.body.started_at]).toEqual([202, first.body.started_at]);
  expect(service.delayed).toHaveLength(1);
  s3.isDown = false;
  service.now += 10_000;
  await service.pump();
  expect(await verificationOf(service, space, view.id)).toMatchObject({ status: "finished", ok: true });
});

it("a bucket that stays away makes its files unreadable, and neither missing nor changed", async () => {
  const { service, space, s3 } = await shopWithMemory();
  const view = await service.export(space, THREE_FILES);
  s3.isDown = true;
  await verifyExport(service, space, view.id);
  await pumpRounds(service);
  const found = await verificationOf(service, space, view.id);
  expect(found).toMatchObject({ status: "finished", ok: false, missing: 0, changed: 0, unreadable: 4 });
  expect(new Set(found.files.map(({ detail }) => detail))).toEqual(
    new Set(["The service's own bucket did not answer. Verify again later."]),
  );
});

it("a file whose read is always cut is unreadable, and the others are verified", async () => {
  const { service, space, s3 } = await shopWithMemory();
  const view = await service.export(space, THREE_FILES);
  const [, second = ""] = keysOf(space, view).files;
  reachBucketBy(service, cutting(s3.fetch, second));
  await verifyExport(service, space, view.id);
  await pumpRounds(service);
  const found = await verificationOf(service, space, view.id);
  expect(statusesOf(view, found)).toEqual(["ok", "unreadable", "ok", "ok"]);
});
