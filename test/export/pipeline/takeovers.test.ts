/** Work that crashes its consumers fails in the end; a consumer that was taken over stops. */

import { afterEach, describe, expect, it, vi } from "vitest";
import { findFileByNumber, rememberUpload } from "../../../src/db/exports/files.ts";
import { acquireLease, releaseLease, renewLease } from "../../../src/db/exports/leases.ts";
import { MAX_ATTEMPTS } from "../../../src/export/pipeline/backoff.ts";
import { sweep } from "../../support/sweep.ts";
import { Customer } from "../../support/customer.ts";
import { deliver, roomyService, take } from "../../support/pipeline.ts";
import { orders, type Service, type Space } from "../../support/service.ts";

/** The first chunk of an export, or its first file. */
const firstOf = <Table extends "export_chunks" | "export_files">(table: Table, { space, id }: Planned) => ({
  table,
  spaceId: space.id,
  exportId: id,
  n: 0,
});

interface Planned {
  service: Service;
  space: Space;
  id: string;
}

async function planned(events: number, request: Record<string, unknown> = {}): Promise<Planned> {
  const service = roomyService();
  service.context.sizes = {
    chunkRows: 2,
    chunkBytes: 25_000_000,
    chunkScan: 2_000_000,
    partBytes: 5_000_000,
    fileBytes: 100_000_000,
  };
  const space = await service.shop();
  await service.send(space, orders(events));
  const id = await service.ask(space, request);
  await deliver(service, take(service, "plan"));
  return { service, space, id };
}

/** A consumer takes the chunk and dies; its lease runs out. */
async function die(of: Planned): Promise<void> {
  const { service } = of;
  const { control } = service.context.databases;
  const until = service.now + service.config.leaseMs;
  const taken = await acquireLease(control, firstOf("export_chunks", of), service.now, until);
  expect(taken).not.toBeNull();
  service.now += service.config.leaseMs + 1;
}

describe("a chunk that kills its consumer", () => {
  it("fails its export after as many consumers as there are tries", async () => {
    const of = await planned(2);
    for (let times = 0; times < MAX_ATTEMPTS; times += 1) await die(of);
    await deliver(of.service, take(of.service, "chunk"));
    expect(await of.service.poll(of.space, of.id)).toMatchObject({
      status: "failed",
      error: { code: "internal", owner: "service" },
    });
  });

  it("is written when one of them lives", async () => {
    const of = await planned(2);
    for (let times = 1; times < MAX_ATTEMPTS; times += 1) await die(of);
    await of.service.pump();
    expect((await of.service.poll(of.space, of.id)).status).toBe("completed");
  });

  it("has all its tries again after a retry", async () => {
    const of = await planned(2);
    for (let times = 0; times < MAX_ATTEMPTS; times += 1) await die(of);
    await deliver(of.service, take(of.service, "chunk"));
    await of.service.json("POST", `/v1/exports/${of.id}/retry`, 202, { key: of.space.key });
    of.service.now += of.service.config.leaseMs + 1;
    await sweep(of.service.context);
    await of.service.pump();
    expect((await of.service.poll(of.space, of.id)).status).toBe("completed");
  });
});

describe("a message that finds the lease of another consumer", () => {
  const leaseOf = (of: Planned) => of.service.config.leaseMs;
  const takeFirst = async (of: Planned) => {
    const { control } = of.service.context.databases;
    return acquireLease(control, firstOf("export_chunks", of), of.service.now, of.service.now + leaseOf(of));
  };

  it("comes again when that lease ends, and writes the chunk if its consumer died", async () => {
    const of = await planned(2);
    const { service, space, id } = of;
    const message = take(service, "chunk");
    await takeFirst(of);
    // The queue delivers the message of the consumer that died again.
    service.now += 1_000;
    expect(await deliver(service, message, 2)).toBe("ack");
    expect(service.delayed).toEqual([{ message, dueAt: service.now - 1_000 + leaseOf(of) }]);
    service.now += leaseOf(of) - 1_000;
    await service.pump();
    expect(await service.poll(space, id)).toMatchObject({ status: "completed", error: null });
  });

  it("waits for as long as that consumer works, and counts no attempt", async () => {
    const of = await planned(2);
    const { service, space, id } = of;
    const { control } = service.context.databases;
    const message = take(service, "chunk");
    let until = (await takeFirst(of))?.lease_until ?? 0;
    for (let times = 0; times < 2 * MAX_ATTEMPTS; times += 1) {
      expect(await deliver(service, message)).toBe("ack");
      expect(service.delayed.splice(0)).toEqual([{ message, dueAt: until }]);
      const next = until + leaseOf(of);
      expect(await renewLease(control, firstOf("export_chunks", of), 1, { current: until, next })).toBe(true);
      [service.now, until] = [until, next];
    }
    expect(await service.poll(space, id)).toMatchObject({ status: "processing", error: null, next_retry_at: null });
  });

  it("waits alone, however often it was delivered", async () => {
    const of = await planned(2);
    const { service } = of;
    const message = take(service, "chunk");
    await takeFirst(of);
    for (let times = 0; times < 3; times += 1) expect(await deliver(service, message)).toBe("ack");
    expect(service.delayed).toHaveLength(1);
  });

  it("ends when that consumer has written the chunk", async () => {
    const of = await planned(2);
    const { service, space, id } = of;
    const message = take(service, "chunk");
    const until = (await takeFirst(of))?.lease_until ?? 0;
    await deliver(service, message);
    await releaseLease(service.context.databases.control, firstOf("export_chunks", of), until);
    await deliver(service, message);
    service.now = until;
    await service.pump();
    expect([service.queue, service.delayed]).toEqual([[], []]);
    expect((await service.poll(space, id)).status).toBe("completed");
  });
});

describe("a consumer that has lost its lease", () => {
  it("of a chunk neither renews nor releases the next holder's", async () => {
    const of = await planned(2);
    const { control } = of.service.context.databases;
    const chunk = firstOf("export_chunks", of);
    const first = await acquireLease(control, chunk, 0, 100);
    const second = await acquireLease(control, chunk, 100, 200);
    expect([first?.takeovers, second?.takeovers]).toEqual([0, 1]);
    expect(await renewLease(control, chunk, 1, { current: 100, next: 300 })).toBe(false);
    await releaseLease(control, chunk, 100);
    expect(await renewLease(control, chunk, 1, { current: 200, next: 300 })).toBe(true);
  });

  it("of a file neither renews nor releases the next holder's", async () => {
    const of = await planned(3);
    const { service } = of;
    const { control } = service.context.databases;
    const file = firstOf("export_files", of);
    await deliver(service, take(service, "chunk"));
    await deliver(service, take(service, "chunk"));
    await acquireLease(control, file, 0, 100);
    await acquireLease(control, file, 100, 200);
    expect(await renewLease(control, file, "upload", { current: 100, next: 300 })).toBe(false);
    await releaseLease(control, file, 100);
    expect(await renewLease(control, file, "upload", { current: 200, next: 300 })).toBe(true);
  });
});

describe("a multipart upload to a customer's bucket", () => {
  it("is recorded by the holder of the chunk's lease, not by an earlier holder, nor by an earlier plan", async () => {
    const of = await planned(2);
    const { service, space, id } = of;
    const { control } = service.context.databases;
    const take = async () => {
      service.now += service.config.leaseMs + 1;
      const until = service.now + service.config.leaseMs;
      const leased = await acquireLease(control, firstOf("export_chunks", of), service.now, until);
      return leased?.lease_until ?? 0;
    };
    const [late, live] = [await take(), await take()];
    const after = async (upload: { id: string; plan: number; leaseUntil: number }) => {
      await rememberUpload(control, { space_id: space.id, id }, { n: 0, name: "any" }, { ...upload, chunk: 0 });
      return (await findFileByNumber(control, { space_id: space.id, id }, 0))?.upload_id;
    };
    expect(await after({ id: "live", plan: 0, leaseUntil: live })).toBe("live");
    expect(await after({ id: "late", plan: 0, leaseUntil: late })).toBe("live");
    await control.run("UPDATE exports SET plan_version = 1 WHERE id = ?1", [id]);
    expect(await after({ id: "earlier", plan: 0, leaseUntil: live })).toBe("live");
  });
});

describe("a store that is slow to complete a file", () => {
  afterEach(() => vi.useRealTimers());

  it.each([
    ["written", {}, 100, "chunk", "export_chunks"],
    ["assembled", { layout: "single" }, 300, "assemble", "export_files"],
  ] as const)("leaves a file that is %s to the holder of its lease", async (_what, more, partBytes, step, table) => {
    const customer = await Customer.open();
    const { service, aws } = customer;
    const { control } = service.context.databases;
    service.context.sizes = {
      chunkRows: 2,
      chunkBytes: 25_000_000,
      chunkScan: 2_000_000,
      partBytes,
      fileBytes: 100_000_000,
    };
    const id = await customer.ask({ file_rows: 50_000, ...more });
    while (service.queue[0]?.step !== step) await deliver(service, take(service));
    const message = take(service, step);
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    let begun = 0;
    service.customers = async (input, init) => {
      const url = new Request(input).url;
      begun += Number(url.includes("?uploads"));
      if (init?.method === "POST" && url.includes("uploadId=")) await wait();
      return aws.fetch(input, init);
    };
    async function wait(): Promise<void> {
      for (let times = 0; times < 4; times += 1) {
        service.now += service.config.leaseMs / 3 + 1;
        vi.advanceTimersByTime(service.config.leaseMs / 3 + 1);
        const renewed = `SELECT 1 FROM ${table} WHERE export_id = ?1 AND lease_until = ?2`;
        for (let reads = 0; reads < 50; reads += 1)
          if ((await control.first(renewed, [id, service.now + service.config.leaseMs])) !== null) break;
      }
      expect(await deliver(service, message)).toBe("ack");
    }
    expect(await deliver(service, message)).toBe("ack");
    expect(begun).toBe(1);
    await service.pump();
    expect((await customer.poll(id)).status).toBe("completed");
  });
});
