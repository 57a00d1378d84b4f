/** Rows that say which flow their events came from, in the formats that have columns. */

import { expect, it } from "vitest";
import { roomyService, rowsOf, textOf } from "../../support/pipeline.ts";
import { readCsv } from "../../support/formats.ts";
import { START, type Service, type Space } from "../../support/service.ts";

const MOMENTS = ["campaignName", "elementName", "campaignStart", "flowElementId"];

/** An e-mail that a flow sent, and one that came from elsewhere; a definition whose flowElementId is a number. */
async function flows(): Promise<{ service: Service; space: Space }> {
  const service = roomyService();
  const space = await service.shop();
  const key = space.key;
  const flow = {
    id: "1",
    campaign_name: "Spring",
    campaign_start: "2026-02-01T08:00:00.000Z",
    elements: [{ id: "1-2", name: "Send email" }],
  };
  await service.json("PUT", "/v1/flows", 200, { key, body: { flows: [flow] } });
  const counted = { id: "counted", name: "Counted", properties: [{ name: "flowElementId", type: "number" }] };
  await service.json("POST", "/v1/event-definitions", 201, { key, body: counted });
  const event = (id: string, definition_id: string, properties: Record<string, unknown>) => ({
    id,
    definition_id,
    person_id: "p-1",
    occurred_at: new Date(START - 1_000).toISOString(),
    properties,
  });
  await service.send(space, [
    event("a", "emailOpened", { flowElementId: "1-2" }),
    event("b", "emailOpened", {}),
    event("c", "counted", { flowElementId: 7 }),
  ]);
  return { service, space };
}

const ASKED = { enrich_with_moments_info: true, event_names: ["emailOpened", "counted"] };

it("as CSV have the flow's fields after the mandatory ones, each once", async () => {
  const { service, space } = await flows();
  const [header = [], ...rows] = readCsv(
    await textOf(service, await service.export(space, { ...ASKED, format: "csv" })),
  );
  expect(header.slice(7)).toEqual([...MOMENTS, "messageId", "counted_flowElementId"]);
  expect(rows.map((row) => row.slice(7))).toEqual([
    ["Spring", "Send email", "2026-02-01T08:00:00.000+0000", "1-2", null, null],
    [null, null, null, null, null, null],
    [null, null, null, null, null, "7"],
  ]);
});

it("nested, have them by name, and can be picked and redacted", async () => {
  const { service, space } = await flows();
  const view = await service.export(space, {
    ...ASKED,
    row_format: "nested",
    columns: [{ path: "campaignName", as: "campaign" }, { path: "flowElementId" }],
    redact: { campaignName: "sha256" },
  });
  expect(await rowsOf(service, view)).toEqual([
    { campaign: expect.stringMatching(/^[0-9a-f]{64}$/), flowElementId: "1-2" },
    { campaign: null, flowElementId: null },
    { campaign: null, flowElementId: null },
  ]);
});

const NESTED = { ...ASKED, event_names: ["emailOpened"], row_format: "nested" };

it.each([
  { flowElementId: "drop" },
  { "properties.flowElementId": "drop" },
  { properties: "drop" },
  { flowElementId: "sha256", "properties.flowElementId": "drop" },
  { flowElementId: "drop", "properties.flowElementId": "sha256" },
  { properties: "sha256", flowElementId: "drop" },
])("nested, have the element's id nowhere where redact is %j", async (redact) => {
  const { service, space } = await flows();
  for (const format of ["ndjson", "csv"]) {
    const text = await textOf(service, await service.export(space, { ...NESTED, format, redact }));
    expect(text).toContain("Spring");
    expect(text).not.toContain("1-2");
    expect(text).not.toMatch(/flowElementId[^}]*[0-9a-f]{64}/);
  }
});

it.each([{ flowElementId: "sha256" }, { "properties.flowElementId": "sha256" }])(
  "nested, have one hash of the element's id in both places where redact is %j",
  async (redact) => {
    const { service, space } = await flows();
    const [row = {}] = await rowsOf(service, await service.export(space, { ...NESTED, redact }));
    const hash = row["flowElementId"];
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(row["properties"]).toMatchObject({ flowElementId: hash });
  },
);

it("nested, leave a property alone that no field repeats", async () => {
  const { service, space } = await flows();
  const redact = { "properties.flowElementId": "drop" };
  const plain = { event_names: ["emailOpened"], row_format: "nested", redact };
  const text = await textOf(service, await service.export(space, plain));
  expect(text).not.toContain("flowElementId");
});

it("is empty, with a warning, when it is requested of an export that is not enriched", async () => {
  const { service, space } = await flows();
  const body = {
    dataset: "activity_events",
    start: new Date(START - 60_000).toISOString(),
    end: new Date(START).toISOString(),
    columns: [{ path: "campaignName" }],
  };
  const created = await service.json<{ id: string; warnings: { pointer: string }[] }>("POST", "/v1/exports", 202, {
    key: space.key,
    body,
  });
  expect(created.warnings.map(({ pointer }) => pointer)).toEqual(["/columns/0/path"]);
  await service.pump();
  const rows = await rowsOf(service, await service.poll(space, created.id));
  expect(new Set(rows.map((row) => row["campaignName"]))).toEqual(new Set([null]));
});
