/** `event_names` over HTTP: which events an export has, and which lists of names are refused. */

import { beforeAll, describe, expect, it } from "vitest";
import { eventIdsOf, roomyService } from "../support/pipeline.ts";
import { START, type Service, type Space } from "../support/service.ts";

const DEFINITIONS = ["cart_filled", "order_placed2", "order_shipped"];

async function define(service: Service, space: Space, ids: readonly string[]): Promise<void> {
  for (const id of ids)
    await service.json("POST", "/v1/event-definitions", 201, {
      key: space.key,
      body: { id, name: id, properties: [{ name: "n", type: "number" }] },
    });
}

/** @returns the problem that an export of these names is refused with. */
async function refusal(service: Service, space: Space, eventNames: unknown) {
  const body = {
    dataset: "activity_events",
    start: new Date(START - 3_600_000).toISOString(),
    end: new Date(START).toISOString(),
    event_names: eventNames,
  };
  return service.json<{ code: string; errors: { pointer: string }[] }>("POST", "/v1/exports", 422, {
    key: space.key,
    body,
  });
}

describe("a space with an event of each definition", () => {
  const service = roomyService();
  let space: Space;

  beforeAll(async () => {
    space = await service.shop();
    await define(service, space, DEFINITIONS);
    await service.send(
      space,
      ["order_placed", ...DEFINITIONS].map((definition, n) => ({
        id: definition,
        definition_id: definition,
        person_id: "p-1",
        occurred_at: new Date(START - 1000 + n).toISOString(),
        properties: {},
      })),
    );
  });

  const exported = async (request: Record<string, unknown>) =>
    eventIdsOf(service, await service.export(space, request));

  it("gives every event when no names are asked", async () => {
    expect(await exported({})).toEqual(["order_placed", ...DEFINITIONS]);
  });

  it("gives the events of a pattern, and only those", async () => {
    expect(await exported({ event_names: ["order_*"] })).toEqual(["order_placed", "order_placed2", "order_shipped"]);
  });

  it("takes a name without a star as a whole name", async () => {
    expect(await exported({ event_names: ["order_placed"] })).toEqual(["order_placed"]);
  });

  it("gives an event once, however often its name is asked", async () => {
    expect(await exported({ event_names: ["visit*", "order_placed", "order_placed", "*placed"] })).toEqual([
      "order_placed",
    ]);
  });

  it("gives no rows for a pattern that means nothing", async () => {
    const done = await service.export(space, { event_names: ["refund_*"] });
    expect(done).toMatchObject({ status: "completed", message: "0 events found for the time period queried." });
    expect(done.files.map((file) => file.rows)).toEqual([0]);
  });

  it("refuses a name that the space does not have, and says which", async () => {
    expect(await refusal(service, space, ["order_*", "cart_filled", "order_lost"])).toMatchObject({
      code: "invalid_request",
      errors: [{ pointer: "/event_names/2" }],
    });
  });

  it("does not know another space's definitions", async () => {
    const other = await service.space();
    await define(service, other, ["theirs"]);
    expect(await refusal(service, space, ["theirs"])).toMatchObject({ errors: [{ pointer: "/event_names/0" }] });
  });

  it("takes two hundred names", async () => {
    expect(await exported({ event_names: Array.from({ length: 200 }, () => "cart_filled") })).toEqual(["cart_filled"]);
  });

  it.each([
    ["two hundred and one", Array.from({ length: 201 }, () => "cart_filled"), "/event_names"],
    ["no", [], "/event_names"],
    ["one text instead of a list of", "cart_filled", "/event_names"],
    ["number among the", ["cart_filled", 7], "/event_names/1"],
    ["names with a space among the", ["cart filled"], "/event_names/0"],
    ["empty one among the", [""], "/event_names/0"],
  ])("refuses %s names", async (_what, names, pointer) => {
    const { errors } = await refusal(service, space, names);
    expect(errors.map((error) => error.pointer)).toEqual([pointer]);
  });
});

it("refuses a pattern that means more than two hundred definitions", async () => {
  const service = roomyService();
  const space = await service.space();
  await define(
    service,
    space,
    Array.from({ length: 201 }, (_, n) => `many_${n}`),
  );
  expect(await refusal(service, space, ["many_*"])).toMatchObject({
    code: "invalid_request",
    errors: [
      {
        pointer: "/event_names",
        detail: "event_names matches 201 event definitions; the maximum is 200. Leave event_names out for every event.",
      },
    ],
  });
});

it("means the definitions as of the export's creation", async () => {
  const service = roomyService();
  const space = await service.shop();
  const id = await service.ask(space, { event_names: ["late_*"] });
  await define(service, space, ["late_one"]);
  await service.send(space, [
    {
      definition_id: "late_one",
      person_id: "p-1",
      occurred_at: new Date(START - 1000).toISOString(),
      properties: {},
    },
  ]);
  await service.pump();
  expect((await service.poll(space, id)).progress.rows_total).toBe(0);
});
