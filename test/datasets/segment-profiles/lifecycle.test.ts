/** The document's address: polled until it is there, read plain and gzipped, and expired after a day. */

import { beforeEach, describe, expect, it } from "vitest";
import { sweep } from "../../support/sweep.ts";
import { s3Error } from "../../support/aws.ts";
import { throughLine } from "../../support/bucket.ts";
import { gunzip } from "../../support/gunzip.ts";
import { roomyService } from "../../support/pipeline.ts";
import { type ProblemView, type Service, type Space, START } from "../../support/service.ts";

const DAY = 86_400_000;
const DOCUMENT = '{"profiles":{"p-1":{"sections":{"default":{"attributes":{"tier":{"value":"gold"}}}}}}}';

let service: Service;
let space: Space;

beforeEach(async () => {
  service = roomyService();
  space = await service.shop();
  const body = { profiles: [{ person_id: "p-1", attributes: { tier: "gold" } }] };
  await service.json("PUT", "/v1/profiles", 200, { key: space.key, body });
});

const ask = async (of: Space = space) =>
  (
    await service.json<{ id: string }>("POST", "/v1/exports", 202, {
      key: of.key,
      body: { dataset: "segment_profiles", attributes: ["tier"] },
    })
  ).id;
const get = (id: string, headers: Record<string, string> = {}, key = space.key) =>
  service.call("GET", `/v1/exports/${id}/content`, { key, headers });
const statusOf = async (id: string, key = space.key) => {
  const response = await get(id, {}, key);
  await response.arrayBuffer();
  return response.status;
};

describe("the document", () => {
  it("is not found until it is ready, then it is there, plain or gzipped, as often as it is asked for (facts 3.a.7, 3.a.8, 3.a.9)", async () => {
    const id = await ask();
    const early = await get(id);
    expect([early.status, (await early.json<ProblemView>()).code]).toEqual([404, "not_found"]);
    expect(early.headers.get("retry-after")).not.toBeNull();
    await service.pump();
    for (let time = 0; time < 2; time += 1) {
      const plain = await get(id);
      expect([plain.status, plain.headers.get("content-type"), plain.headers.get("content-encoding")]).toEqual([
        200,
        "application/json",
        null,
      ]);
      expect(await plain.text()).toBe(DOCUMENT);
      const gzipped = await get(id, { "accept-encoding": "gzip" });
      expect([gzipped.status, gzipped.headers.get("content-encoding")]).toEqual([200, "gzip"]);
      expect(gunzip(new Uint8Array(await gzipped.arrayBuffer()))).toBe(DOCUMENT);
    }
  });

  it("is a file with an unguessable name", async () => {
    const id = await ask();
    await service.pump();
    const [file] = (await service.poll(space, id)).files;
    expect(file?.name).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.json\.gz$/);
    expect(file?.name).not.toContain(id);
  });

  it("is kept for a day, and expires then (facts 3.a.5, 3.a.7)", async () => {
    const id = await ask();
    await service.pump();
    expect((await service.poll(space, id)).expires_at).toBe(new Date(START + DAY).toISOString());
    service.now = START + DAY - 1;
    await sweep(service.context);
    expect(await statusOf(id)).toBe(200);
    service.now = START + DAY;
    await sweep(service.context);
    expect(await statusOf(id)).toBe(410);
  });

  it("answers 410 to an unknown id, and to another space's id (facts 3.a.6, 3.a.7)", async () => {
    const id = await ask();
    await service.pump();
    const other = await service.space();
    expect(await statusOf(crypto.randomUUID())).toBe(410);
    expect(await statusOf(id, other.key)).toBe(410);
    expect((await service.call("GET", `/v1/exports/${id}/content`)).status).toBe(401);
  });

  it("of a failed export says so (fact 3.a.7)", async () => {
    const id = await ask();
    throughLine(service, async () => s3Error(503, "SlowDown"));
    await service.pump();
    throughLine(service);
    expect(await statusOf(id)).toBe(503);
  });

  it("that would be larger than a result may be fails, and says what to do (fact 3.a.18)", async () => {
    service = roomyService({ MAX_EXPORT_BYTES: "1000" });
    space = await service.space();
    const body = { profiles: [{ person_id: "p-1", attributes: { tier: "x".repeat(1_000) } }] };
    await service.json("PUT", "/v1/profiles", 200, { key: space.key, body });
    const id = await ask();
    await service.pump();
    expect(await service.poll(space, id)).toMatchObject({
      status: "failed",
      error: { code: "export_too_large", owner: "customer" },
    });
  });
});
