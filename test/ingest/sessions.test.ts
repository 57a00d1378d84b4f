/** Sessions of web pages: their ids, and their lengths from the events that begin and end them. */

import { beforeEach, describe, expect, it } from "vitest";
import { mergePersons } from "../../src/ingest/merge.ts";
import { sessionSeconds, readSessionTime } from "../../src/ingest/session-values.ts";
import { roomyService, rowsOf } from "../support/pipeline.ts";
import type { Service, Space } from "../support/service.ts";

let service: Service;
let space: Space;

beforeEach(async () => {
  service = roomyService();
  space = await service.shop({ timezone: "Europe/Berlin" });
  for (const id of ["sessionStarted", "sessionEnded"])
    await service.json("PATCH", `/v1/event-definitions/${id}`, 200, { key: space.key, body: { enabled: true } });
});

const MINUTE = 60_000;

/** A session event, some minutes before now. */
const event = (kind: "Started" | "Ended", minutes: number, properties: object, more: object = {}) => ({
  definition_id: `session${kind}`,
  person_id: "p-1",
  occurred_at: new Date(service.now - minutes * MINUTE).toISOString(),
  properties: { sessionId: "s-1", ...properties },
  ...more,
});

const send = (...events: object[]) =>
  service.json("POST", "/v1/events", 202, { key: space.key, body: { events: events } });

/** The rows of the session's events, in the order of their times. */
const rows = async (kind: "Started" | "Ended") =>
  rowsOf(
    service,
    await service.export(space, {
      start: new Date(service.now - 3 * 86_400_000).toISOString(),
      event_names: [`session${kind}`],
    }),
  );

const lengths = async () => (await rows("Ended")).map((row) => row["sessionLength"]);

describe("the id of a session", () => {
  it("is that of the property, or that of the event, which then is the property's too", async () => {
    await send(
      event("Started", 3, { sessionId: "s-1" }),
      event("Started", 2, { sessionId: undefined }, { session_id: "s-2" }),
      event("Started", 1, { sessionId: "s-3" }, { session_id: "s-4" }),
    );
    expect((await rows("Started")).map((row) => [row["sessionId"], row["sessionStarted_sessionId"]])).toEqual([
      ["s-1", "s-1"],
      ["s-2", "s-2"],
      ["s-4", "s-3"],
    ]);
  });

  it.each(["", "..", "x".repeat(201), "a\nb"])("is not %j", async (sessionId) => {
    const body = { events: [event("Ended", 1, { sessionId })] };
    expect(await service.faults("POST", "/v1/events", { key: space.key, body })).toEqual([
      "/events/0/properties/sessionId",
    ]);
  });
});

describe("the length of a session", () => {
  it("is the time between the two that its events show, in the same call or in two", async () => {
    const start = event("Started", 20, { sessionStart: "01/03/2026 12:40:00" });
    await send(event("Ended", 5, { sessionEnd: "01/03/2026 12:55:30" }), start);
    expect(await lengths()).toEqual([930]);
    await send(event("Ended", 4, { sessionEnd: "01/03/2026 12:56:00" }));
    expect(await lengths()).toEqual([930, 960]);
  });

  it("is the time between its events where one of them shows none, and never negative", async () => {
    await send(event("Started", 20, {}), event("Ended", 5, { sessionEnd: "01/03/2026 12:55:30" }));
    await send(event("Started", 20, { sessionId: "s-2", sessionStart: "01/03/2026 12:40:00" }));
    await send(event("Ended", 4, { sessionId: "s-2", sessionEnd: "01/03/2026 12:39:00" }));
    expect(await lengths()).toEqual([900, 0]);
  });

  it("is what the event says, if it says one", async () => {
    await send(event("Started", 20, {}), event("Ended", 5, { sessionLength: 7 }));
    expect(await lengths()).toEqual([7]);
  });

  it("is not known of another's session, another session, one that began later or more than a day before", async () => {
    await service.json("PUT", "/v1/profiles", 200, { key: space.key, body: { profiles: [{ person_id: "p-2" }] } });
    await send(
      event("Started", 20, {}, { person_id: "p-2" }),
      event("Started", 20, { sessionId: "s-2" }),
      event("Started", 3, {}),
      event("Started", 24 * 60 + 6, {}),
    );
    await send(event("Ended", 5, {}));
    expect(await lengths()).toEqual([null]);
  });

  it("is known of a person whom the call makes, and across a merge of two people", async () => {
    const person = { person_id: undefined, custom_id: "new" };
    const body = { events: [event("Ended", 10, {}, person), event("Started", 15, {}, person)] };
    await service.json("POST", "/v1/events?create_profiles=true", 202, { key: space.key, body });
    await service.json("PUT", "/v1/profiles", 200, { key: space.key, body: { profiles: [{ person_id: "visitor" }] } });
    await send(event("Started", 8, { sessionId: "s-2" }, { person_id: "visitor" }));
    const { now } = service;
    const whole = { id: space.id, timezone: "UTC", created_at: 0, retention_days: 365 };
    const uuid = () => crypto.randomUUID();
    const { databases } = service.context;
    const call = { db: databases.space(space.id), events: databases.events(space.id), space: whole, now, uuid };
    await service.budget.invoke(() => mergePersons(call, "visitor", "p-1"));
    await send(event("Ended", 5, { sessionId: "s-2" }));
    expect(await lengths()).toEqual([300, 180]);
  });

  it("is looked for among the person's last 500 events, in queries that scan a bounded number of rows", async () => {
    const others = Array.from({ length: 499 }, (_, n) => ({
      definition_id: "order_placed",
      person_id: "p-1",
      occurred_at: new Date(service.now - 60 * MINUTE + n).toISOString(),
      properties: {},
    }));
    await send(event("Started", 62, { sessionId: "s-0" }), event("Started", 61, {}), ...others);
    // A query that scanned more than a query may scan would fail the call.
    const sessions = ["s-0", "s-1", ...Array.from({ length: 400 }, (_, n) => `none-${n}`)];
    await send(...sessions.map((sessionId) => event("Ended", 50, { sessionId })));
    expect((await lengths()).filter((length) => length !== null)).toEqual([660]);
  });

  it("counts from the last time that it began, and not from before the person was deleted", async () => {
    await send(event("Started", 30, {}), event("Started", 20, {}));
    await send(event("Ended", 10, {}));
    expect(await lengths()).toEqual([600]);
    await service.json("DELETE", "/v1/profiles/p-1", 202, { key: space.key });
    await service.json("PUT", "/v1/profiles", 200, { key: space.key, body: { profiles: [{ person_id: "p-1" }] } });
    await send(event("Ended", 5, {}));
    expect(await lengths()).toEqual([null]);
  });
});

it.each([
  ["one hour over the night", "28/03/2026 23:30:00", "29/03/2026 00:30:00", 3_600],
  ["clocks that are put forward", "29/03/2026 01:30:00", "29/03/2026 03:30:00", 3_600],
  ["clocks that are put back", "25/10/2026 01:30:00", "25/10/2026 03:30:00", 10_800],
  ["two times that clocks show twice", "25/10/2026 02:10:00", "25/10/2026 02:50:00", 2_400],
  ["a time that clocks show twice, and the same time again", "25/10/2026 02:50:00", "25/10/2026 02:10:00", 1_200],
  ["an end before the beginning", "01/03/2026 12:00:01", "01/03/2026 12:00:00", 0],
])("a session over %s takes real seconds", (_, from, to, seconds) => {
  const moment = (text: string) => ({ occurredAt: 0, shown: readSessionTime(text) });
  expect(sessionSeconds(moment(from), moment(to), "Europe/Berlin")).toBe(seconds);
});
