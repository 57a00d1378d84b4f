/** Attributes whose values are of another type than their definition says. */

import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { Database, newMeter } from "../../../src/db/core/database.ts";
import { typeMismatches } from "../../../src/db/profiles/type-mismatches.ts";
import { readSequence } from "../../../src/db/core/sequences.ts";
import { roomyService } from "../../support/pipeline.ts";
import type { Space } from "../../support/service.ts";

const service = roomyService();
const db = new Database(env.SPACE_DB, newMeter());

const put = (of: Space, profiles: readonly object[]) =>
  service.json("PUT", "/v1/profiles", 200, { key: of.key, body: { profiles } });

it.each([1, 2, 50])("are found, %i profiles at a time", async (rows) => {
  const of = await service.space();
  const good = { n: 1, r: 1.5, b: false, d: "2026-01-02T03:04:05.678+05:30", none: 3 };
  await put(of, [
    { person_id: "a", attributes: good },
    { person_id: "b", attributes: {} },
    { person_id: "c", attributes: { ...good, r: "1.5", d: "2026-01-02" } },
    { person_id: "d", attributes: { ...good, b: 0 } },
  ]);
  const types = new Map([
    ["n", "number"],
    ["r", "number"],
    ["b", "boolean"],
    ["d", "date"],
  ] as const);
  const at = await readSequence(db, of.id);
  expect([...(await typeMismatches(db, of.id, at, types, rows))].toSorted()).toEqual(["b", "d", "r"]);
  expect([...(await typeMismatches(db, of.id, at, new Map([["n", "number"]]), rows))]).toEqual([]);
});
