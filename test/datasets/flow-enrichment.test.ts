/** `enrich_with_moments_info`: the fields that rows have for the flows of their events, and the omitted ones. */

import { beforeAll, describe, expect, it } from "vitest";
import { roomyService, type Row, rowsOf, textOf } from "../support/pipeline.ts";
import { START, type Service, type Space } from "../support/service.ts";

const FLOWS = [
  {
    id: "100",
    campaign_name: "Communication name 56",
    campaign_start: "2022-06-14T10:54:30.033Z",
    elements: [{ id: "100-12", name: "Send email" }, { id: "100-13" }],
  },
  { id: "200", elements: [{ id: "200-1", name: "Wait" }] },
  { id: "300", campaign_name: 'The "best" 日本語', elements: [{ id: "300-1" }] },
];

const put = (service: Service, space: Space, flows: unknown) =>
  service.json("PUT", "/v1/flows", 200, { key: space.key, body: { flows } });

const event = (id: string, properties: Record<string, unknown>, definition_id = "opened") => ({
  id,
  definition_id,
  person_id: "p-1",
  occurred_at: new Date(START - 1000).toISOString(),
  properties,
});

/**
 * A shop with a definition that names flow elements, and one whose properties are named like what rows say of flows.
 */
async function flowShop(): Promise<{ service: Service; space: Space }> {
  const service = roomyService();
  const space = await service.shop();
  const text = (name: string) => ({ name, type: "text" });
  const number = (name: string) => ({ name, type: "number" });
  for (const [id, properties] of [
    ["opened", [text("subject"), text("flowElementId"), number("size")]],
    ["clashing", [text("campaignName"), text("flowElementId"), number("elementName"), text("campaignStart")]],
    ["counted", [number("flowElementId")]],
    ["entered", [text("flowId"), text("flowElementId")]],
  ] as const)
    await service.json("POST", "/v1/event-definitions", 201, { key: space.key, body: { id, name: id, properties } });
  return { service, space };
}

const ENRICHED = { enrich_with_moments_info: true };
const FLAT =
  '"sessionId":null,"personId":"p-1","externalPersonId":"CRM-1","occuredTime":"2026-03-01T12:00:00.000+0000",' +
  '"occurredAt":"2026-03-01T11:59:59.000Z"';

describe("an enriched row", () => {
  let service: Service;
  let space: Space;
  let rows: Row[];

  beforeAll(async () => {
    ({ service, space } = await flowShop());
    await put(service, space, FLOWS);
    await service.send(space, [
      event("a-whole", { subject: "Hi", flowElementId: "100-12", size: 1 }),
      event("b-nameless", { flowElementId: "100-13" }),
      event("c-elementOnly", { flowElementId: "200-1" }),
      event("d-campaignOnly", { flowElementId: "300-1" }),
      event("e-unknown", { flowElementId: "999-9" }),
      event("f-none", { subject: "No flow" }),
      event("g-noProperty", { order_id: "A" }, "order_placed"),
      event("h-clashing", { campaignName: "mine", elementName: 7, flowElementId: "100-12" }, "clashing"),
      event("i-clashingNone", { campaignName: "mine" }, "clashing"),
      event("j-counted", { flowElementId: 12 }, "counted"),
      event("k-long", { flowElementId: "x".repeat(100_000) }),
      event("l-empty", { flowElementId: "" }),
      event("m-flow", { flowId: "100" }, "entered"),
      event("n-flowOfUnknown", { flowId: "300", flowElementId: "999-9" }, "entered"),
      event("o-flowAndElement", { flowId: "300", flowElementId: "100-13" }, "entered"),
      event("p-flowUnknown", { flowId: "999" }, "entered"),
    ]);
    rows = await rowsOf(service, await service.export(space, ENRICHED));
  });

  const momentsOf = (id: string) => {
    const row = rows.find((each) => each["eventId"] === id) ?? {};
    const names = ["campaignName", "elementName", "campaignStart", "flowElementId"];
    return Object.fromEntries(Object.entries(row).filter(([name]) => names.includes(name)));
  };

  it("fact 1.a.25: has the campaign's name and start, the element's name and id", () => {
    expect(momentsOf("a-whole")).toEqual({
      campaignName: "Communication name 56",
      elementName: "Send email",
      campaignStart: "2022-06-14T10:54:30.033+0000",
      flowElementId: "100-12",
    });
  });

  it.each<[id: string, known: Record<string, unknown>]>([
    [
      "b-nameless",
      {
        campaignName: "Communication name 56",
        campaignStart: "2022-06-14T10:54:30.033+0000",
        flowElementId: "100-13",
      },
    ],
    ["c-elementOnly", { elementName: "Wait", flowElementId: "200-1" }],
    ["d-campaignOnly", { campaignName: 'The "best" 日本語', flowElementId: "300-1" }],
    ["e-unknown", { flowElementId: "999-9" }],
    ["k-long", { flowElementId: "x".repeat(100_000) }],
    ["l-empty", { flowElementId: "" }],
    ["f-none", {}],
    ["g-noProperty", {}],
    ["m-flow", { campaignName: "Communication name 56", campaignStart: "2022-06-14T10:54:30.033+0000" }],
    ["n-flowOfUnknown", { campaignName: 'The "best" 日本語', flowElementId: "999-9" }],
    [
      "o-flowAndElement",
      {
        campaignName: "Communication name 56",
        campaignStart: "2022-06-14T10:54:30.033+0000",
        flowElementId: "100-13",
      },
    ],
    ["p-flowUnknown", {}],
  ])("fact 1.a.25: has a field only where it is known: %s", (id, known) => {
    expect(momentsOf(id)).toEqual(known);
  });

  it("has the fields right after the mandatory ones, then the properties", async () => {
    const text = await textOf(service, await service.export(space, { ...ENRICHED, event_names: ["opened"] }));
    const [whole, , , , , none] = text.split("\n");
    expect(whole).toBe(
      `{"definitionId":"opened","eventId":"a-whole",${FLAT},"campaignName":"Communication name 56",` +
        '"elementName":"Send email","campaignStart":"2022-06-14T10:54:30.033+0000","flowElementId":"100-12","subject":"Hi","size":1}',
    );
    expect(none).toBe(`{"definitionId":"opened","eventId":"f-none",${FLAT},"subject":"No flow","size":null}`);
  });

  it("calls a property that is named like a field <definitionId>_<name>, also where no flow produced the event", async () => {
    const text = await textOf(service, await service.export(space, { ...ENRICHED, event_names: ["clashing"] }));
    expect(text.split("\n")).toEqual([
      `{"definitionId":"clashing","eventId":"h-clashing",${FLAT},"campaignName":"Communication name 56",` +
        '"elementName":"Send email","campaignStart":"2022-06-14T10:54:30.033+0000","flowElementId":"100-12",' +
        '"clashing_campaignName":"mine","clashing_elementName":7,"clashing_campaignStart":null}',
      `{"definitionId":"clashing","eventId":"i-clashingNone",${FLAT},` +
        '"clashing_campaignName":"mine","clashing_elementName":null,"clashing_campaignStart":null}',
      "",
    ]);
  });

  it("takes a flowElementId that is no text for a property like any other", () => {
    expect(rows.find((row) => row["eventId"] === "j-counted")).toMatchObject({ counted_flowElementId: 12 });
    expect(momentsOf("j-counted")).toEqual({});
  });

  it("that is nested has the fields beside the properties, which stay as they are", async () => {
    const request = { ...ENRICHED, row_format: "nested", event_names: ["clashing"] };
    expect((await textOf(service, await service.export(space, request))).split("\n")).toEqual([
      '{"definitionId":"clashing","eventId":"h-clashing","personId":"p-1","externalPersonId":"CRM-1",' +
        '"timestamp":"2026-03-01T11:59:59.000Z","campaignName":"Communication name 56","elementName":"Send email","campaignStart":"2022-06-14T10:54:30.033+0000",' +
        '"flowElementId":"100-12","properties":{"campaignName":"mine","flowElementId":"100-12","elementName":7,"campaignStart":null}}',
      '{"definitionId":"clashing","eventId":"i-clashingNone","personId":"p-1","externalPersonId":"CRM-1",' +
        '"timestamp":"2026-03-01T11:59:59.000Z","properties":{"campaignName":"mine","flowElementId":null,"elementName":null,"campaignStart":null}}',
      "",
    ]);
  });

  it("is optional: without it, rows have only their properties, under their own names", async () => {
    const plain = await textOf(service, await service.export(space, { event_names: ["clashing", "opened"] }));
    expect(plain.split("\n")[0]).toBe(
      `{"definitionId":"opened","eventId":"a-whole",${FLAT},"subject":"Hi","flowElementId":"100-12","size":1}`,
    );
    expect(plain).toContain('"campaignName":"mine","flowElementId":"100-12","elementName":7,"campaignStart":null}');
    expect(plain).not.toContain("Communication");
  });
});

describe("an element", () => {
  const name = async (service: Service, space: Space, id: string) =>
    (await rowsOf(service, await service.poll(space, id))).map((row) => row["campaignName"] ?? null);

  it("is as of the export's creation, however late the work begins", async () => {
    const { service, space } = await flowShop();
    await service.send(space, [event("e", { flowElementId: "1" })]);
    const flow = (campaign_name: string, elements = [{ id: "1" }]) =>
      put(service, space, [{ id: "f", campaign_name, elements }]);
    const asked = [await service.ask(space, ENRICHED)];
    for (const change of [() => flow("First"), () => flow("Second"), () => flow("Third", [])]) {
      await change();
      asked.push(await service.ask(space, ENRICHED));
    }
    await service.pump();
    expect(await Promise.all(asked.map((id) => name(service, space, id)))).toEqual([
      [null],
      ["First"],
      ["Second"],
      [null],
    ]);
  });

  it("of several flows is that of the flow which was created or changed last", async () => {
    const { service, space } = await flowShop();
    await service.send(space, [event("e", { flowElementId: "1" })]);
    const flow = (id: string, campaign_name: string) =>
      put(service, space, [{ id, campaign_name, elements: [{ id: "1" }] }]);
    const found: unknown[] = [];
    for (const [id, campaign] of [
      ["z", "Z"],
      ["a", "A"],
      // A PUT of the current definition: no change.
      ["z", "Z"],
      ["z", "Z2"],
    ] as const) {
      await flow(id, campaign);
      found.push(...(await name(service, space, (await service.export(space, ENRICHED)).id)));
    }
    expect(found).toEqual(["Z", "A", "A", "Z2"]);
  });
});

it("is looked up with one call of D1 a page, which asks whether there is more, and not again for the next", async () => {
  const { service, space } = await flowShop();
  await put(service, space, FLOWS);
  await service.send(
    space,
    Array.from({ length: 4_000 }, (_, n) => event(`e-${n}`, { flowElementId: n % 2 === 0 ? "100-12" : "200-1" })),
  );
  const statementsOf = async (request: Record<string, unknown>) => {
    const before = service.meter.statements;
    const done = await service.export(space, request);
    expect(done.progress.rows_written).toBe(4_000);
    return service.meter.statements - before;
  };
  // The external ids of the same snapshot are known from the first on.
  await statementsOf({});
  const plain = await statementsOf({});
  expect((await statementsOf(ENRICHED)) - plain).toBe(2);
});
