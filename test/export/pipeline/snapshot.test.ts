/** An export reads the data as of its request: every write that was answered before, none that came after. */

import { describe, expect, it } from "vitest";
import { bytesOf, deliver, eventIdsOf, roomyService, rowsOf, take } from "../../support/pipeline.ts";
import { dice, shuffled } from "../../support/random.ts";
import { orders, START, type Service, type Space } from "../../support/service.ts";

async function shop(events: readonly Record<string, unknown>[]): Promise<{ service: Service; space: Space }> {
  const service = roomyService();
  const space = await service.shop();
  await service.send(space, events);
  return { service, space };
}

const rename = (service: Service, space: Space, external_person_id: string | null) =>
  service.json("PUT", "/v1/profiles", 200, {
    key: space.key,
    body: { profiles: [{ person_id: "p-1", external_person_id }] },
  });

const idsOf = (events: readonly Record<string, unknown>[]) => events.map((event) => event["id"]);
const externalIds = async (service: Service, space: Space, id: string) =>
  new Set((await rowsOf(service, await service.poll(space, id))).map((row) => row["externalPersonId"]));

describe("an event", () => {
  it("that was answered before the export was created is in it", async () => {
    const { service, space } = await shop(orders(5));
    expect(await eventIdsOf(service, await service.export(space))).toEqual(idsOf(orders(5)));
  });

  it("that is accepted after the answer is not in it, however early it occurred and however late the work begins", async () => {
    const { service, space } = await shop(orders(5));
    const id = await service.ask(space);
    await service.send(space, [
      { ...orders(1)[0], id: "late", occurred_at: new Date(START - 3_590_000).toISOString() },
    ]);
    service.now += 60_000;
    await service.pump();
    expect(await eventIdsOf(service, await service.poll(space, id))).toEqual(idsOf(orders(5)));
  });

  it("that comes between the steps moves no boundary between files and changes no count", async () => {
    const { service, space } = await shop(orders(9).filter((_, n) => n % 2 === 0));
    const id = await service.ask(space, { layout: "files", file_rows: 2 });
    for (const late of orders(9).filter((_, n) => n % 2 === 1)) {
      await service.send(space, [late]);
      if (service.queue.length > 0) await deliver(service, take(service));
    }
    await service.pump();
    const done = await service.poll(space, id);
    expect(done.files.map((file) => file.rows)).toEqual([2, 2, 1]);
    expect(await eventIdsOf(service, done)).toEqual(idsOf(orders(9)).filter((_, n) => n % 2 === 0));
  });

  it("is in a second export though it was out of the first", async () => {
    const { service, space } = await shop(orders(3));
    const first = await service.ask(space);
    await service.send(space, [{ ...orders(1)[0], id: "late" }]);
    const second = await service.ask(space);
    await service.pump();
    const counts = await Promise.all(
      [first, second].map(async (id) => (await service.poll(space, id)).progress.rows_total),
    );
    expect(counts).toEqual([3, 4]);
  });
});

describe("a profile's external id", () => {
  it("is the one that was current when the export was created", async () => {
    const { service, space } = await shop(orders(3));
    const id = await service.ask(space);
    await rename(service, space, "CRM-2");
    await service.pump();
    expect(await externalIds(service, space, id)).toEqual(new Set(["CRM-1"]));
  });

  it("that was changed before is the new one, on old events too", async () => {
    const { service, space } = await shop(orders(3));
    await rename(service, space, "CRM-2");
    const done = await service.export(space);
    expect(await externalIds(service, space, done.id)).toEqual(new Set(["CRM-2"]));
  });

  it("that was removed after is still shown, and that was removed before is not", async () => {
    const { service, space } = await shop(orders(3));
    const before = await service.ask(space);
    await rename(service, space, null);
    const after = await service.ask(space);
    await service.pump();
    expect(await externalIds(service, space, before)).toEqual(new Set(["CRM-1"]));
    expect(await externalIds(service, space, after)).toEqual(new Set([null]));
  });

  it("is each export's own when several with different snapshots are worked on in turns", async () => {
    const { service, space } = await shop(orders(12));
    const asked: string[] = [];
    for (let n = 0; n < 4; n += 1) {
      await rename(service, space, `CRM-${n}`);
      asked.push(await service.ask(space, { layout: "files", file_rows: 3 }));
    }
    const roll = dice(4);
    while (service.queue.length > 0) {
      const round = shuffled(roll, service.queue.splice(0));
      await Promise.all(round.map((message) => deliver(service, message)));
    }
    const found = await Promise.all(asked.map((id) => externalIds(service, space, id)));
    expect(found).toEqual(asked.map((_, n) => new Set([`CRM-${n}`])));
  });
});

describe("a chunk", () => {
  it("that is written again after everything changed has the same bytes", async () => {
    const { service, space } = await shop(orders(20));
    const id = await service.ask(space, { layout: "files", file_rows: 10 });
    await service.pump();
    const first = await service.poll(space, id);

    await rename(service, space, "CRM-2");
    await service.send(space, [{ ...orders(1)[0], id: "late" }]);
    // As after a crash of the consumer between the upload and the ledger's update.
    const { control } = service.context.databases;
    await control.run("UPDATE export_chunks SET done = 0, lease_until = 0 WHERE space_id = ?1 AND export_id = ?2", [
      space.id,
      id,
    ]);
    await control.run("UPDATE export_files SET done = 0 WHERE space_id = ?1 AND export_id = ?2", [space.id, id]);
    await control.run("UPDATE exports SET status = 'processing', phase = 'writing' WHERE space_id = ?1 AND id = ?2", [
      space.id,
      id,
    ]);
    for (const n of [0, 1])
      await deliver(service, { space_id: space.id, export_id: id, step: "chunk", n, generation: 0, request_id: "" });
    await service.pump();
    const second = await service.poll(space, id);
    expect(second.status).toBe("completed");
    expect(bytesOf(second)).toEqual(bytesOf(first));
  });

  it("a later export of an older window has the same bytes, as nothing new is in it", async () => {
    const { service, space } = await shop(orders(20));
    const window = { start: new Date(START - 3_000_000).toISOString(), end: new Date(START - 2_999_980).toISOString() };
    const first = await service.export(space, window);
    await service.send(
      space,
      orders(5, START - 10_000).map((event, n) => ({ ...event, id: `new-${n}` })),
    );
    service.now += 3_600_000;
    expect(bytesOf(await service.export(space, window))).toEqual(bytesOf(first));
  });
});

describe("while events keep coming", () => {
  const batch = (n: number) =>
    orders(10, START - 2_000_000 + n).map((event) => ({ ...event, id: `b${n}-${String(event["id"])}` }));

  it("an export has the data from before it, and is not disturbed", async () => {
    const { service, space } = await shop(orders(500));
    const id = await service.ask(space, { layout: "files", file_rows: 60 });
    await Promise.all([service.pump(), ...Array.from({ length: 12 }, (_, n) => service.send(space, batch(n)))]);
    const done = await service.poll(space, id);
    expect(done.status).toBe("completed");
    expect(await eventIdsOf(service, done)).toEqual(idsOf(orders(500)));
  });

  it("a call that came at the same time as the export is in as a whole or not at all", async () => {
    const { service, space } = await shop(orders(1));
    const [id] = await Promise.all([
      service.ask(space),
      ...Array.from({ length: 12 }, (_, n) => service.send(space, batch(n))),
    ]);
    await service.pump();
    const found = await eventIdsOf(service, await service.poll(space, id));
    const counts = Array.from(
      { length: 12 },
      (_, n) => found.filter((each) => String(each).startsWith(`b${n}-`)).length,
    );
    expect(found).toContain("e-0000000");
    expect(counts.every((count) => count === 0 || count === 10)).toBe(true);
  });
});
