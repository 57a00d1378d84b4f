/**
 * The document and the deletion of a person: requested before, it has everything as of then; requested after, it has
 * nothing of the person.
 */

import { beforeEach, describe, expect, it } from "vitest";
import { sweep } from "../../support/sweep.ts";
import { deliver, roomyService, take, textOf } from "../../support/pipeline.ts";
import { orders, type Service, type Space, START } from "../../support/service.ts";

let service: Service;
let space: Space;

beforeEach(async () => {
  service = roomyService();
  space = await service.shop();
  await write("p-1", "old");
  await write("p-2", "old");
  await service.send(space, orders(3));
  const body = { name: "Buyers", rule: { event: "order_placed", at_least: 2 } };
  await service.json("PUT", "/v1/segments/buyers", 200, { key: space.key, body });
});

const write = (person_id: string, tier: string) =>
  service.json("PUT", "/v1/profiles", 200, {
    key: space.key,
    body: { profiles: [{ person_id, attributes: { tier } }] },
  });
const end = () => service.json("DELETE", "/v1/profiles/p-1", 202, { key: space.key });

async function sweepLater(): Promise<void> {
  for (let n = 0; n < 3; n += 1) {
    service.now += 60_000;
    await sweep(service.context);
  }
}

async function ask(more: object = {}): Promise<string> {
  const body = {
    dataset: "segment_profiles",
    attributes: ["tier"],
    events: ["order_placed"],
    start_at: new Date(START - 86_400_000).toISOString(),
    ...more,
  };
  return (await service.json<{ id: string }>("POST", "/v1/exports", 202, { key: space.key, body })).id;
}

interface Document {
  profiles: Record<string, { sections: { default: { attributes: object; events: { correlationId: string }[] } } }>;
}

/** People, each with a tier and the ids of events. */
async function peopleOf(id: string): Promise<unknown[]> {
  await service.pump();
  const done = await service.poll(space, id);
  expect(done.status).toBe("completed");
  const { profiles } = JSON.parse(await textOf(service, done)) as Document;
  return Object.entries(profiles).map(([person, { sections }]) => [
    person,
    sections.default.attributes,
    sections.default.events.map((event) => event.correlationId),
  ]);
}

const THREE = orders(3).map((event) => event["id"]);
const tier = (value: string) => ({ tier: { value } });
const OTHER = ["p-2", tier("old"), []];

describe("a document that was requested before", () => {
  it("has everything as of its snapshot, however late it is written", async () => {
    const [all, buyers] = [await ask(), await ask({ segment: "buyers" })];
    await deliver(service, take(service, "plan"));
    await deliver(service, take(service, "plan"));
    await end();
    await write("p-1", "new");
    await sweepLater();
    expect(await peopleOf(all)).toEqual([["p-1", tier("old"), THREE], OTHER]);
    expect(await peopleOf(buyers)).toEqual([["p-1", tier("old"), THREE]]);
  });
});

describe("a document that is requested after", () => {
  it("has nothing of the person", async () => {
    await end();
    const [all, buyers] = [await ask(), await ask({ segment: "buyers" })];
    expect(await peopleOf(all)).toEqual([OTHER]);
    expect(await peopleOf(buyers)).toEqual([]);
  });

  it("has the new profile with the same id, and no events of the deleted one, deleted or still to be deleted", async () => {
    await end();
    await write("p-1", "new");
    const [all, buyers] = [await ask(), await ask({ segment: "buyers" })];
    await deliver(service, take(service, "plan"));
    await deliver(service, take(service, "plan"));
    await sweepLater();
    expect(await peopleOf(all)).toEqual([["p-1", tier("new"), []], OTHER]);
    expect(await peopleOf(buyers)).toEqual([]);
    expect(await peopleOf(await ask())).toEqual([["p-1", tier("new"), []], OTHER]);
  });

  it("has those whom rows of a segment's attributes have", async () => {
    await end();
    await write("p-1", "new");
    const body = { dataset: "profile_attributes", attributes: ["tier"], segment: "buyers" };
    const { id } = await service.json<{ id: string }>("POST", "/v1/exports", 202, { key: space.key, body });
    await deliver(service, take(service, "plan"));
    await sweepLater();
    await service.pump();
    expect(await service.poll(space, id)).toMatchObject({ status: "completed", message: "0 profiles found." });
  });

  it("counts those in a segment as the segment's own count does", async () => {
    await end();
    await write("p-1", "new");
    const count = await service.json<{ count: number }>("GET", "/v1/segments/buyers/count", 200, { key: space.key });
    expect(count.count).toBe(0);
  });
});
