/** The table of docs/dialects/apsis.md: the lists that map the ids in a file to definitions. */

import { beforeAll, describe, expect, it } from "vitest";
import { roomyService } from "../../../support/pipeline.ts";
import type { Service, Space } from "../../../support/service.ts";
import { refusal, tokenFor } from "./token.ts";

interface Item {
  discriminator: string;
  name: string;
  versions: { id: string; deprecated_at: string | null }[];
}

let service: Service;
let space: Space;
let token: string;

beforeAll(async () => {
  service = roomyService({ DIALECTS: "apsis" });
  space = await service.shop();
  token = await tokenFor(service, space.key);
  const put = (path: string, body: object) => service.json("PUT", path, 200, { key: space.key, body });
  await put("/v1/attributes/points", { section_id: "loyalty", name: "Points", type: "number" });
  await put("/v1/tags/vip", { section_id: "loyalty", name: "VIP" });
});

const list = async (path: string) =>
  (await service.json<{ items: Item[] }>("GET", `/audience/${path}`, 200, { key: token })).items;
const one = (id: string, name: string): Item => ({ discriminator: id, name, versions: [{ id, deprecated_at: null }] });

describe("a list", () => {
  it("has every section", async () => {
    expect(await list("sections")).toEqual([one("default", "default"), one("loyalty", "loyalty")]);
  });

  it("has the attributes of a section, native ones in the default section", async () => {
    expect(await list("sections/loyalty/attributes")).toEqual([one("points", "Points")]);
    const natives = await list("sections/default/attributes");
    expect(natives).toContainEqual(one("$email_address", "Email address"));
    expect(natives).not.toContainEqual(one("points", "Points"));
  });

  it("has the tags of a section", async () => {
    expect(await list("sections/loyalty/tags")).toEqual([one("vip", "VIP")]);
    expect(await list("sections/default/tags")).toEqual([]);
  });

  it("has the events of a section with their versions, of which one is in use", async () => {
    const order = async () =>
      (await list("sections/default/events")).find((each) => each.discriminator === "order_placed");
    expect(await order()).toEqual({
      discriminator: "order_placed",
      name: "Order placed",
      versions: [{ id: "order_placed:1", deprecated_at: null }],
    });
    service.now += 1_000;
    const body = { properties: [{ name: "currency", type: "text" }] };
    await service.json("PATCH", "/v1/event-definitions/order_placed", 200, { key: space.key, body });
    expect((await order())?.versions).toEqual([
      { id: "order_placed:2", deprecated_at: null },
      { id: "order_placed:1", deprecated_at: "2026-03-01T12:00:01Z" },
    ]);
    service.now += 60_000;
    await service.json("PATCH", "/v1/event-definitions/order_placed", 200, {
      key: space.key,
      body: { name: "Placed" },
    });
    expect((await order())?.versions).toEqual([
      { id: "order_placed:3", deprecated_at: null },
      { id: "order_placed:2", deprecated_at: "2026-03-01T12:01:01Z" },
      { id: "order_placed:1", deprecated_at: "2026-03-01T12:00:01Z" },
    ]);
    expect(await list("sections/loyalty/events")).toEqual([]);
  });

  it("has the newest hundred versions of an event", async () => {
    const own = await service.shop();
    for (let n = 0; n < 101; n += 1) {
      const body = { enabled: n % 2 === 1 };
      await service.json("PATCH", "/v1/event-definitions/order_placed", 200, { key: own.key, body });
    }
    const key = await tokenFor(service, own.key);
    const { items } = await service.json<{ items: Item[] }>("GET", "/audience/sections/default/events", 200, { key });
    const ids = items.find(({ discriminator }) => discriminator === "order_placed")?.versions.map(({ id }) => id);
    expect([ids?.length, ids?.[0], ids?.at(-1)]).toEqual([100, "order_placed:102", "order_placed:3"]);
  });

  it("has every definition, however many there are", async () => {
    const own = await service.space();
    const { databases } = service.context;
    const rows = `WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 2001)
      INSERT INTO profile_definitions (space_id, kind, seq_from, seq_to, id, section_id, name, type, created_at, updated_at, search)
      SELECT ?1, 'tag', 1, NULL, printf('t%05d', n), 'default', 'T', NULL, 0, 0, '' FROM n`;
    await databases.space(own.id).run(rows, [own.id]);
    const key = await tokenFor(service, own.key);
    const { items } = await service.json<{ items: Item[] }>("GET", "/audience/sections/default/tags", 200, { key });
    expect([items.length, items[0]?.discriminator, items.at(-1)?.discriminator]).toEqual([2_001, "t00001", "t02001"]);
  });

  it.each(["attributes", "tags", "events"])("of %s is 404 for a section that the space does not have", async (what) => {
    const other = await service.space();
    const theirs = await tokenFor(service, other.key);
    for (const [key, section] of [
      [token, "nothing"],
      [token, "%20"],
      [theirs, "loyalty"],
    ] as const)
      expect(await service.json("GET", `/audience/sections/${section}/${what}`, 404, { key })).toEqual(refusal(404));
  });
});
