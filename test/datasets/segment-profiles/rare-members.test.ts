/** A segment whose only member comes after very many other profiles. */

import { beforeAll, describe, expect, it } from "vitest";
import { listChunks } from "../../support/ledger.ts";
import { generateProfiles } from "../../support/generated.ts";
import { deliver, roomyService, take, textOf } from "../../support/pipeline.ts";
import { orders, type Service, type Space } from "../../support/service.ts";

/** More than a chunk of a document looks through for a rule that takes as long as this one. */
const OTHERS = 12_000;
const RULE = {
  all: Array.from({ length: 20 }, () => ({
    event: "order_placed",
    properties: Array.from({ length: 7 }, () => ({ property: "amount", op: "exists" })),
  })),
};

let service: Service;
let space: Space;

beforeAll(async () => {
  service = roomyService();
  space = await service.shop();
  // Its id sorts after those of the others.
  const profiles = [{ person_id: "p-1", attributes: { tier: "gold" } }];
  await service.json("PUT", "/v1/profiles", 200, { key: space.key, body: { profiles } });
  await generateProfiles(space.id, OTHERS);
  await service.send(space, orders(1));
  await service.json("PUT", "/v1/segments/buyers", 200, { key: space.key, body: { name: "Buyers", rule: RULE } });
});

const REQUEST = { segment: "buyers", attributes: ["tier"] };

describe("Scans are bounded: a segment whose first member comes after many profiles", () => {
  it("is cut where many profiles were looked at: an empty chunk, and the document is as if there were none", async () => {
    const body = { dataset: "segment_profiles", ...REQUEST };
    const { id } = await service.json<{ id: string }>("POST", "/v1/exports", 202, { key: space.key, body });
    await deliver(service, take(service, "plan"));
    const chunks = await listChunks(service.context.databases.control, { space_id: space.id, id });
    expect(chunks.map(({ records }) => records)).toEqual([0, 1]);
    await service.pump();
    const done = await service.poll(space, id);
    expect(JSON.parse(await textOf(service, done))).toEqual({
      profiles: { "p-1": { sections: { default: { attributes: { tier: { value: "gold" } } } } } },
    });
  });

  it("is estimated by its members, without a second look at the profiles before", async () => {
    const body = { dataset: "segment_profiles", ...REQUEST };
    const before = service.meter.rowsRead;
    const estimate = await service.json("POST", "/v1/exports/estimate", 200, { key: space.key, body });
    expect(estimate).toMatchObject({ rows: 1, files: 1 });
    expect(service.meter.rowsRead - before).toBeLessThan(10 * OTHERS);
  });
});
