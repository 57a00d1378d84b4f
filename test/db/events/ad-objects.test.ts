/** Ad objects as of a snapshot, as an export reads them. */

import { beforeEach, expect, it } from "vitest";
import { adObjectsAt } from "../../../src/db/events/ad-objects.ts";
import { readSequence } from "../../../src/db/core/sequences.ts";
import { Service, type Space } from "../../support/service.ts";

const service = new Service();
let space: Space;

beforeEach(async () => {
  space = await service.space();
});

/** @returns the space's number after that. */
async function put(body: unknown): Promise<number> {
  await service.json("PUT", "/v1/ad-objects", 200, { key: space.key, body });
  return readSequence(service.context.databases.space(space.id), space.id);
}

const at = (seq: number, level: "ad" | "adset", ids: string[], of = space) =>
  adObjectsAt(service.context.databases.space(of.id), of.id, seq, level, ids);

it("have at a snapshot their version of then, whatever was written later", async () => {
  const first = await put({ ads: [{ id: "a", name: "Video", adset_id: "s" }] });
  const second = await put({ ads: [{ id: "a", name: "Picture" }] });
  const third = await put({ ads: [{ id: "a", name: "Picture" }] });
  expect(await at(first, "ad", ["a"])).toEqual([{ id: "a", name: "Video", parent_id: "s" }]);
  expect(await at(second, "ad", ["a"])).toEqual([{ id: "a", name: "Picture", parent_id: null }]);
  expect(await at(third, "ad", ["a"])).toEqual([{ id: "a", name: "Picture", parent_id: null }]);
});

it("do not exist before they were put", async () => {
  const seq = await put({ ads: [{ id: "a", name: "Video" }] });
  expect(await at(seq - 1, "ad", ["a"])).toEqual([]);
});

it("keep a parent that is not there yet, and lead to it once it is", async () => {
  const before = await put({ ads: [{ id: "a", name: "Video", adset_id: "s" }] });
  const after = await put({ adsets: [{ id: "s", name: "Runners" }] });
  expect(await at(before, "adset", ["s"])).toEqual([]);
  expect(await at(after, "adset", ["s"])).toEqual([{ id: "s", name: "Runners", parent_id: null }]);
  expect(await at(after, "ad", ["a"])).toEqual([{ id: "a", name: "Video", parent_id: "s" }]);
});

it("are those of the level and the space that are requested, unknown ids left out", async () => {
  const other = await service.space();
  const seq = await put({ ads: [{ id: "1", name: "Ad" }], adsets: [{ id: "1", name: "Set" }] });
  expect(await at(seq, "adset", ["1", "2"])).toEqual([{ id: "1", name: "Set", parent_id: null }]);
  expect(await at(seq, "ad", ["1"], other)).toEqual([]);
});
