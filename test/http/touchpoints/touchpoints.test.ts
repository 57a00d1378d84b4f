/** Validation of touchpoints: valid and rejected calls. Nothing of a rejected call is written. */

import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { type ProblemView, Service, type Space } from "../../support/service.ts";
import { SPACE_NO } from "../../../src/db/core/sequences.ts";

const service = new Service();
let space: Space;

beforeAll(async () => {
  space = await service.shop();
});

afterEach(async () => {
  const query = env.SPACE_DB.prepare(`SELECT id FROM touchpoints WHERE space_no = ${SPACE_NO}`).bind(space.id);
  expect((await query.all()).results).toEqual([]);
});

const touch = (more: Record<string, unknown> = {}) => ({
  id: "tp-1",
  person_id: "p-1",
  occurred_at: "2026-02-01T08:15:30.000Z",
  source: "google_ads",
  ...more,
});
const many = (count: number) => Array.from({ length: count }, (_, n) => touch({ id: `tp-${n}` }));
const refusal = (touchpoints: unknown) =>
  service.faults("POST", "/v1/touchpoints", { key: space.key, body: { touchpoints } });
const refusedLines = (touchpoints: readonly unknown[]) =>
  service.faults("POST", "/v1/touchpoints", {
    key: space.key,
    headers: { "content-type": "application/x-ndjson" },
    body: touchpoints.map((each) => JSON.stringify(each)).join("\n"),
  });

describe("a call", () => {
  it.each<[what: string, touchpoints: unknown, pointer: string]>([
    ["no touchpoints", [], "/touchpoints"],
    ["5,001 touchpoints", many(5001), "/touchpoints"],
    ["no id", [touch({ id: undefined })], "/touchpoints/0/id"],
    ["an id of 201 bytes", [touch({ id: "x".repeat(201) })], "/touchpoints/0/id"],
    ["an unpaired surrogate in an id", [touch({ ad_id: "\ud800" })], "/touchpoints/0/ad_id"],
    ["an empty ad", [touch({ ad_id: "" })], "/touchpoints/0/ad_id"],
    ["no person", [touch({ person_id: null })], "/touchpoints/0/person_id"],
    ["two persons", [touch({ external_person_id: "CRM-1" })], "/touchpoints/0/person_id"],
    ["no time", [touch({ occurred_at: null })], "/touchpoints/0/occurred_at"],
    ["a day for a time", [touch({ occurred_at: "2026-01-01" })], "/touchpoints/0/occurred_at"],
    ["no source", [touch({ source: undefined })], "/touchpoints/0/source"],
    ["an unknown source", [touch({ source: "facebook" })], "/touchpoints/0/source"],
    ["a source in capitals", [touch({ source: "Direct" })], "/touchpoints/0/source"],
    ["a kind of its own", [touch({ kind: 2 })], "/touchpoints/0/kind"],
  ])("with %s is refused", async (_what, touchpoints, pointer) => {
    expect(await refusal(touchpoints)).toEqual([pointer]);
  });

  it("as NDJSON has pointers by line, and the same limit", async () => {
    expect(await refusedLines([touch(), touch({ source: "fax" })])).toEqual(["/touchpoints/1/source"]);
    expect(await refusedLines(many(5001))).toEqual(["/touchpoints"]);
  });

  it("of more than 15,728,640 bytes is refused", async () => {
    const body = { touchpoints: [touch({ id: "x".repeat(15_728_640) })] };
    const problem = await service.json<ProblemView>("POST", "/v1/touchpoints", 413, { key: space.key, body });
    expect(problem.code).toBe("payload_too_large");
  });
});
