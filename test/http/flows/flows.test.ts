/** Flows: each PUT replaces whole flows, all of a call or none; reads return them as they were put. */

import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { type ProblemView, Service, type Space } from "../../support/service.ts";

interface Flow {
  id: string;
  campaign_name: string | null;
  campaign_start: string | null;
  elements: { id: string; name: string | null }[];
  created_at: string;
  updated_at: string;
}

const service = new Service();
let space: Space;

beforeEach(async () => {
  space = await service.space();
});

const put = (flows: unknown) =>
  service.json<{ put: number }>("PUT", "/v1/flows", 200, { key: space.key, body: { flows } });
const refusal = (flows: unknown) => service.faults("PUT", "/v1/flows", { key: space.key, body: { flows } });
const list = async (query = "") =>
  (await service.json<{ data: Flow[] }>("GET", `/v1/flows${query}`, 200, { key: space.key })).data;

async function versions(table: "flows" | "flow_elements"): Promise<number> {
  const query = env.SPACE_DB.prepare(`SELECT count(*) AS n FROM ${table} WHERE space_id = ?`).bind(space.id);
  return (await query.first<{ n: number }>())?.n ?? -1;
}

const SALE = {
  id: "f-1",
  campaign_name: "Spring sale",
  campaign_start: "2026-01-10T08:00:00.030Z",
  elements: [
    { id: "f-1-2", name: "Send email" },
    { id: "f-1-1", name: "Wait" },
  ],
};

describe("a flow that is put", () => {
  it("is shown as it was put, its elements in their order", async () => {
    expect(await put([SALE])).toEqual({ put: 1 });
    const at = new Date(service.now).toISOString();
    expect(await list()).toEqual([{ ...SALE, created_at: at, updated_at: at }]);
  });

  it("may lack everything but its id", async () => {
    await put([{ id: "bare" }, { id: "bared", campaign_name: null, campaign_start: null, elements: [{ id: "e" }] }]);
    const nothing = { campaign_name: null, campaign_start: null };
    expect(await list()).toMatchObject([
      { id: "bare", ...nothing, elements: [] },
      { id: "bared", ...nothing, elements: [{ id: "e", name: null }] },
    ]);
  });

  it("shows its start in UTC, for any offset in the request", async () => {
    await put([{ id: "f", campaign_start: "2026-01-10T09:30:00+01:30" }]);
    expect(await list()).toMatchObject([{ campaign_start: "2026-01-10T08:00:00.000Z" }]);
  });

  it("replaces the current one as a whole, and keeps created_at", async () => {
    await put([SALE]);
    const created = new Date(service.now).toISOString();
    service.now += 1000;
    await put([{ id: "f-1", elements: [{ id: "f-1-3", name: "Send SMS" }] }]);
    expect(await list()).toEqual([
      {
        id: "f-1",
        campaign_name: null,
        campaign_start: null,
        elements: [{ id: "f-1-3", name: "Send SMS" }],
        created_at: created,
        updated_at: new Date(service.now).toISOString(),
      },
    ]);
  });

  it("without a change writes no version and no row", async () => {
    await put([SALE, { id: "other" }]);
    const before = await list();
    service.now += 1000;
    await put([SALE, { id: "other", campaign_name: "Changed" }]);
    expect((await list()).filter((flow) => flow.id === "f-1")).toEqual(before.filter((flow) => flow.id === "f-1"));
    expect([await versions("flows"), await versions("flow_elements")]).toEqual([3, 2]);
  });

  it("leaves the flows that are not named alone", async () => {
    await put([SALE]);
    await put([{ id: "f-2" }]);
    expect((await list()).map((flow) => flow.id)).toEqual(["f-1", "f-2"]);
  });

  it.each(['"; DROP TABLE flows; --', "日本語 🛒", "a\\b/c~d", "e\u0301", "  spaced  "])(
    "keeps the name %j",
    async (name) => {
      await put([{ id: "f", campaign_name: name, elements: [{ id: "e", name }] }]);
      expect(await list()).toMatchObject([{ campaign_name: name, elements: [{ name }] }]);
    },
  );
});

describe("a call", () => {
  const many = (count: number, elements = 0, name = "n") =>
    Array.from({ length: count }, (_, n) => ({
      id: `f-${String(n).padStart(4, "0")}`,
      elements: Array.from({ length: elements }, (__, m) => ({ id: `f-${n}-${m}`, name })),
    }));

  it("takes 1,000 flows, and 20,000 elements with them", async () => {
    expect(await put(many(1000, 20))).toEqual({ put: 1000 });
    expect([await versions("flows"), await versions("flow_elements")]).toEqual([1000, 20_000]);
  });

  it("accepts more bytes than one D1 parameter holds", async () => {
    expect(await put(many(60, 250, "x".repeat(190)))).toEqual({ put: 60 });
    expect(await versions("flow_elements")).toBe(15_000);
    expect((await list("?limit=200")).every((flow) => flow.elements.length === 250)).toBe(true);
  });

  it("is all or nothing", async () => {
    expect(await refusal([SALE, { id: "" }])).toEqual(["/flows/1/id"]);
    expect(await list()).toEqual([]);
  });

  it.each<[what: string, flows: unknown, pointer: string]>([
    ["no flows", [], "/flows"],
    ["1,001 flows", many(1001), "/flows"],
    ["20,001 elements", [...many(100, 200), { id: "one", elements: [{ id: "more" }] }], "/flows"],
    ["a flow of 501 elements", many(1, 501), "/flows/0/elements"],
    ["a flow of more than 65,536 bytes", many(1, 400, "x".repeat(200)), "/flows/0"],
    ["a flow twice", [SALE, { id: "f-1" }], "/flows/1/id"],
    ["an element twice in one flow", [{ id: "f", elements: [{ id: "e" }, { id: "e" }] }], "/flows/0/elements/1/id"],
    ["an element in two flows", [SALE, { id: "f", elements: [{ id: "f-1-1" }] }], "/flows/1/elements/0/id"],
    ["a flow without an id", [{ campaign_name: "x" }], "/flows/0/id"],
    ["an element without an id", [{ id: "f", elements: [{ name: "x" }] }], "/flows/0/elements/0/id"],
    ["an empty name", [{ id: "f", campaign_name: "" }], "/flows/0/campaign_name"],
    ["a name of 201 characters", [{ id: "f", campaign_name: "x".repeat(201) }], "/flows/0/campaign_name"],
    ["a start that is a day", [{ id: "f", campaign_start: "2026-01-10" }], "/flows/0/campaign_start"],
    ["a property that does not exist", [{ id: "f", name: "x" }], "/flows/0/name"],
  ])("with %s is refused", async (_what, flows, pointer) => {
    expect(await refusal(flows)).toEqual([pointer]);
  });

  it("of more than 15,728,640 bytes is refused", async () => {
    const body = { flows: [{ id: "x".repeat(15_728_640) }] };
    const problem = await service.json<ProblemView>("PUT", "/v1/flows", 413, { key: space.key, body });
    expect(problem.code).toBe("payload_too_large");
  });
});
