/** A chunk of several files that is killed, lost, canceled or taken over between two of them. */

import { beforeEach, describe, expect, it, vi } from "vitest";
import { MAX_ATTEMPTS } from "../../../src/export/pipeline/backoff.ts";
import { runStep } from "../../../src/export/pipeline/run.ts";
import { sweep } from "../../support/sweep.ts";
import { MAX_INVOCATION_MS } from "../../../src/context.ts";
import { Bucket } from "../../../src/outbound/s3.ts";
import { fileName, fileNameSecret, objectsOf } from "../../support/bucket.ts";
import { bytesOf, deliver, roomyService, take } from "../../support/pipeline.ts";
import { SALES, sell } from "../../support/conversions.ts";
import { reach, type Service, type Space } from "../../support/service.ts";

/** The real bucket; one PUT of it waits until the test releases it, or forever. */
class GatedBucket extends Bucket {
  readonly #reached = Promise.withResolvers<void>();
  readonly #opened = Promise.withResolvers<void>();
  readonly #at: number;
  readonly reached = this.#reached.promise;
  puts = 0;

  constructor(service: Service, at: number) {
    super(service.config.bucket, () => Date.now(), reach, "service");
    this.#at = at;
  }

  open(): void {
    this.#opened.resolve();
  }

  override async putOnce(key: string, body: Uint8Array<ArrayBuffer>, sha256: string, type: string): Promise<void> {
    this.puts += 1;
    if (this.puts === this.#at) {
      this.#reached.resolve();
      await this.#opened.promise;
    }
    return super.putOnce(key, body, sha256, type);
  }
}

let service: Service;
let space: Space;

beforeEach(async () => {
  service = roomyService();
  space = await service.shop();
  await sell(service, space, 5, 4);
});

const REQUEST = { ...SALES, file_rows: 5 };
/** Its chunk has 20 rows. */
const FILES = 4;

/** The chunk waits before the PUT of its second file. */
async function stalled() {
  const id = await service.ask(space, REQUEST);
  await deliver(service, take(service, "plan"));
  const bucket = new GatedBucket(service, 2);
  const message = take(service, "chunk");
  const late = runStep({ ...service.context, bucket }, message, 1);
  await bucket.reached;
  const loseLease = () => {
    service.now += service.config.leaseMs + 1;
    service.queue.push(message);
  };
  const goOn = () => {
    bucket.open();
    return late;
  };
  return { id, bucket, loseLease, goOn };
}

const present = (id: string) => objectsOf(service, space, id);

describe("a chunk that stops between two of its files", () => {
  it("is taken over, and its files are the same as if it had not", async () => {
    const wanted = await service.export(space, REQUEST);
    const { id, loseLease } = await stalled();
    const secret = await fileNameSecret(id);
    expect(await present(id)).toEqual([fileName(secret, 0, 0)]);
    loseLease();
    await service.pump();
    const done = await service.poll(space, id);
    expect([done.status, bytesOf(done)]).toEqual(["completed", bytesOf(wanted)]);
    const names = Array.from({ length: FILES }, (_, nth) => fileName(secret, 0, nth));
    expect(done.files.map(({ name }) => name)).toEqual(names);
    expect(await present(id)).toEqual([...names, `_${id}-manifest.json`].toSorted());
  });

  it("stops at the next file once another consumer has taken it over", async () => {
    const { id, bucket, loseLease, goOn } = await stalled();
    loseLease();
    await service.pump();
    const before = [await present(id), await service.poll(space, id)] as const;
    expect(await goOn()).toBe("ack");
    expect(bucket.puts).toBe(2);
    const links = (view: unknown) => JSON.parse(JSON.stringify(view).replaceAll(/X-Amz-[^"]*/g, "")) as unknown;
    expect(links([await present(id), await service.poll(space, id)])).toEqual(links(before));
  });

  it("continues concurrently with another consumer of the chunk, and both write the same files", async () => {
    const wanted = await service.export(space, REQUEST);
    const id = await service.ask(space, REQUEST);
    await deliver(service, take(service, "plan"));
    const message = take(service, "chunk");
    const gates = [new GatedBucket(service, 2), new GatedBucket(service, 3)];
    const both = [];
    for (const bucket of gates) {
      both.push(runStep({ ...service.context, bucket }, message, 1));
      await bucket.reached;
      service.now += service.config.leaseMs + 1;
    }
    service.now -= 2 * (service.config.leaseMs + 1);
    for (const bucket of gates) bucket.open();
    expect(await Promise.all(both)).toEqual(["ack", "ack"]);
    await service.pump();
    const done = await service.poll(space, id);
    expect([done.status, bytesOf(done)]).toEqual(["completed", bytesOf(wanted)]);
    expect(await present(id)).toHaveLength(FILES + 1);
  });

  it("drops its files where the export was canceled", async () => {
    const { id, bucket, goOn } = await stalled();
    await service.json("POST", `/v1/exports/${id}/cancel`, 202, { key: space.key });
    service.now += 5_001;
    expect(await goOn()).toBe("ack");
    expect([bucket.puts, await present(id)]).toEqual([2, []]);
  });

  it("leaves its files to the cleanup, where the export is canceled and the chunk never resumes", async () => {
    const { id } = await stalled();
    await service.json("POST", `/v1/exports/${id}/cancel`, 202, { key: space.key });
    expect(await present(id)).toHaveLength(1);
    service.now += MAX_INVOCATION_MS + 1;
    await sweep(service.context);
    expect(await present(id)).toEqual([]);
  });
});

describe("an export that failed", () => {
  it("continues from its last good chunk, and writes no file of it again", async () => {
    const request = { ...SALES, file_rows: 3 };
    const wanted = await service.export(space, request);
    const id = await service.ask(space, request);
    await deliver(service, take(service, "plan"));
    await deliver(service, take(service, "chunk"));
    const good = await present(id);
    expect(good).toHaveLength(4);
    const { context } = service;
    const away = new GatedBucket(service, 0);
    away.putOnce = () => Promise.reject(new Error("the bucket is away"));
    const message = take(service, "chunk");
    await runStep({ ...context, bucket: away }, message, MAX_ATTEMPTS);
    expect((await service.poll(space, id)).status).toBe("failed");
    await service.json("POST", `/v1/exports/${id}/retry`, 202, { key: space.key });
    const counted = new GatedBucket(service, 0);
    service.context.bucket = counted;
    await service.pump();
    const done = await service.poll(space, id);
    expect([done.status, bytesOf(done)]).toEqual(["completed", bytesOf(wanted)]);
    expect(counted.puts).toBe(done.files.length - good.length + 1);
  });

  it("is planned and written again in a place of its own where its counts did not add up", async () => {
    const id = await service.ask(space, REQUEST);
    await deliver(service, take(service, "plan"));
    await deliver(service, take(service, "chunk"));
    service.queue.length = 0;
    await service.context.databases.control.run(
      "UPDATE exports SET status = 'failed', error_code = 'incomplete_export', expires_at = ?2 WHERE id = ?1",
      [id, service.now + 86_400_000],
    );
    await service.json("POST", `/v1/exports/${id}/retry`, 202, { key: space.key });
    expect((await service.poll(space, id)).progress).toMatchObject({ files_written: 0, rows_written: 0 });
    await service.pump();
    const done = await service.poll(space, id);
    expect([done.status, done.files.length]).toEqual(["completed", FILES]);
    service.now += MAX_INVOCATION_MS + 1;
    await sweep(service.context);
    expect(await present(id)).toHaveLength(FILES + 1);
    await service.fetchFile(done.files[0] ?? { url: "" });
  });
});

describe("a chunk of very many files", () => {
  /** A bucket that accepts every upload. */
  function taking(): GatedBucket {
    const bucket = new GatedBucket(service, 0);
    bucket.putOnce = async () => {};
    return bucket;
  }

  it("costs the ledger a handful of statements", async () => {
    await sell(service, space, 0, 600);
    const id = await service.ask(space, { ...SALES, file_rows: 1 });
    await deliver(service, take(service, "plan"));
    const before = service.meter.statements;
    await runStep({ ...service.context, bucket: taking() }, take(service, "chunk"), 1);
    expect(service.meter.statements - before).toBeLessThan(20);
    expect((await service.poll(space, id)).progress).toMatchObject({ rows_written: 600, files_written: 600 });
  });

  it("is refused beyond what one invocation may do, saying what to ask for", async () => {
    await sell(service, space, 0, 1_001);
    const id = await service.ask(space, { ...SALES, file_rows: 1 });
    await deliver(service, take(service, "plan"));
    expect(await runStep({ ...service.context, bucket: taking() }, take(service, "chunk"), 1)).toBe("ack");
    expect(await service.poll(space, id)).toMatchObject({
      status: "failed",
      error: { code: "export_too_large", message: expect.stringContaining("more rows per file") as string },
    });
  });
});

describe("an export of very many files", () => {
  it("is refused once it has as many as can be listed together", async () => {
    const id = await service.ask(space, REQUEST);
    await deliver(service, take(service, "plan"));
    await service.context.databases.control.run(
      `WITH RECURSIVE count (n) AS (SELECT 100000 UNION ALL SELECT n + 1 FROM count WHERE n < 119999)
       INSERT INTO export_files (space_id, export_id, n, name, done, rows) SELECT ?1, ?2, n, n, 1, 1 FROM count`,
      [space.id, id],
    );
    await deliver(service, take(service, "chunk"));
    expect(await service.poll(space, id)).toMatchObject({ status: "failed", error: { code: "export_too_large" } });
    expect(await present(id)).toEqual([]);
  });
});

describe("unguessable file names", () => {
  it("are the export's own, and their secret is shown nowhere", async () => {
    const logged = vi.spyOn(console, "log").mockImplementation(() => {});
    const [one, two] = [await service.export(space, REQUEST), await service.export(space, REQUEST)];
    const names = [...one.files, ...two.files].map(({ name }) => name);
    const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\.ndjson\.gz$/;
    expect(names.filter((name) => uuid.test(name))).toHaveLength(2 * FILES);
    expect(new Set(names).size).toBe(2 * FILES);
    expect(bytesOf(one)).toEqual(bytesOf(two));
    const secret = await fileNameSecret(one.id);
    expect(secret.length).toBeGreaterThan(30);
    const get = async (path: string) => (await service.call("GET", path, { key: space.key })).text();
    const texts = [
      await get(`/v1/exports/${one.id}`),
      await get(`/v1/exports/${one.id}/manifest`),
      await get(`/v1/exports/${one.id}/events`),
      await get("/v1/exports"),
      JSON.stringify(await service.json("POST", "/v1/exports/estimate", 200, { key: space.key, body: REQUEST })),
      JSON.stringify(logged.mock.calls),
      JSON.stringify(service.points),
    ];
    logged.mockRestore();
    expect(texts.every((text) => text.length > 2)).toBe(true);
    expect(texts.filter((text) => text.includes(secret))).toEqual([]);
  });
});
