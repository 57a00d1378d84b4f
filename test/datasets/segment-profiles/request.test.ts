/** Parameters of an export of a segment's profiles, and their defaults. */

import { beforeAll, describe, expect, it } from "vitest";
import { roomyService } from "../../support/pipeline.ts";
import { type ExportView, type ProblemView, type Space, START } from "../../support/service.ts";

const service = roomyService({ PENDING_LIMIT: "1000" });
const DAY = 86_400_000;
let space: Space;

beforeAll(async () => {
  space = await service.shop({ timezone: "Europe/Stockholm" });
  const body = { name: "Everybody", rule: { all: [] } };
  await service.json("PUT", "/v1/segments/everybody", 200, { key: space.key, body });
});

const iso = (time: number) => new Date(time).toISOString();
const bodyOf = (request: object) => ({ key: space.key, body: { dataset: "segment_profiles", ...request } });
const refused = (request: object) => service.faults("POST", "/v1/exports", bodyOf(request));
const asked = (request: object) => service.json<ExportView>("POST", "/v1/exports", 202, bodyOf(request));
const names = (count: number, of: string) => Array.from({ length: count }, (_, n) => `${of}${n}`);
const tier = { attributes: ["tier"] };

describe("a request", () => {
  it("takes 75 attributes and 25 tags, not one more (fact 3.a.16)", async () => {
    await asked({ attributes: names(75, "a"), tags: names(25, "t") });
    expect(await refused({ attributes: names(76, "a"), tags: names(25, "t") })).toEqual(["/attributes"]);
    expect(await refused({ attributes: names(75, "a"), tags: names(26, "t") })).toEqual(["/tags"]);
  });

  it("has defaults: one document, no topics", async () => {
    const { request } = await asked({ attributes: ["tier"], segment: "everybody" });
    expect(request).toEqual({
      dataset: "segment_profiles",
      segment: "everybody",
      attributes: ["tier"],
      include_topics: false,
      delivery: { type: "download" },
      layout: "single",
      format: "ndjson",
      compression: "gzip",
      file_rows: 50_000,
    });
  });

  it.each<[string, object, string[]]>([
    ["a segment that is not there", { segment: "nobody" }, ["/segment"]],
    ["an event that is not defined", { events: ["order_placed", "x"], start_at: iso(START - DAY) }, ["/events/1"]],
    ["an attribute twice", { attributes: ["a", "b", "a"] }, ["/attributes/2"]],
    ["a tag twice", { tags: ["a", "a"] }, ["/tags/1"]],
    ["an event twice", { events: ["order_placed", "order_placed"], start_at: iso(START - DAY) }, ["/events/1"]],
    ["one name for an attribute and a tag of a section", { attributes: ["a"], tags: ["b", "a"] }, ["/tags/1"]],
    ["files", { ...tier, layout: "files" }, ["/layout"]],
    ["rows", { ...tier, format: "csv" }, ["/format"]],
    ["columns of a table", { ...tier, format: "parquet" }, ["/format"]],
    ["columns", { ...tier, columns: [{ path: "tier" }] }, ["/columns"]],
    ["redaction", { ...tier, redact: { tier: "drop" } }, ["/redact"]],
    ["something unknown", { ...tier, segment_filter: "everybody" }, ["/segment_filter"]],
  ])("is refused for %s", async (_, request, pointers) => {
    expect(await refused(request)).toEqual(pointers);
  });

  it("has no segment that is too complex: that is rejected when the segment is put (fact 3.a.19)", async () => {
    const rule = { any: names(201, "a").map((attribute) => ({ attribute, op: "exists" })) };
    const options = { key: space.key, body: { name: "Too much", rule } };
    const problem = await service.json<ProblemView>("PUT", "/v1/segments/complex", 422, options);
    expect(problem.code).toBe("segment_too_complex");
    expect(await refused({ ...tier, segment: "complex" })).toEqual(["/segment"]);
  });

  it("is one of at most ten that wait: the next gets 429 (fact 3.a.17)", async () => {
    const limited = roomyService();
    const busy = await limited.space();
    const call = (status: number) =>
      limited.json<ProblemView>("POST", "/v1/exports", status, {
        key: busy.key,
        body: { dataset: "segment_profiles", ...tier },
      });
    for (let n = 0; n < 10; n += 1) await call(202);
    expect((await call(429)).code).toBe("too_many_pending_exports");
  });
});

describe("the window of events", () => {
  const events = { ...tier, events: ["order_placed"] };

  it("has three months at most, by the calendar, with events or without (fact 3.a.15)", async () => {
    const from = { start_at: "2025-11-15T10:00:00.000Z" };
    for (const request of [tier, events]) {
      await asked({ ...request, ...from, end_at: "2026-02-15T10:00:00.000Z" });
      expect(await refused({ ...request, ...from, end_at: "2026-02-15T10:00:00.001Z" })).toEqual(["/end_at"]);
    }
  });

  it("counts months by the clocks of the space", async () => {
    // Midnights in Stockholm, in summer and in winter.
    const from = { start_at: "2025-07-31T22:00:00.000Z" };
    await asked({ ...tier, ...from, end_at: "2025-10-31T23:00:00.000Z" });
    expect(await refused({ ...tier, ...from, end_at: "2025-10-31T23:00:00.001Z" })).toEqual(["/end_at"]);
    // The last day of a month that is shorter.
    await asked({ ...tier, start_at: "2025-11-30T12:00:00.000Z", end_at: "2026-02-28T12:00:00.000Z" });
    expect(
      await refused({ ...tier, start_at: "2025-11-30T12:00:00.000Z", end_at: "2026-03-01T12:00:00.000Z" }),
    ).toEqual(["/end_at"]);
  });

  it("begins within what the space keeps of events, not in the future, and ends after it begins", async () => {
    const oldest = START - 180 * DAY;
    await asked({ ...events, start_at: iso(oldest) });
    expect(await refused({ ...events, start_at: iso(oldest - 1) })).toEqual(["/start_at"]);
    await asked({ ...tier, start_at: iso(oldest - 1) });
    await asked({ ...events, start_at: iso(START) });
    expect(await refused({ ...events, start_at: iso(START + 1) })).toEqual(["/start_at"]);
    expect(await refused({ ...events, start_at: iso(START - 1), end_at: iso(START - 1) })).toEqual(["/end_at"]);
  });
});
