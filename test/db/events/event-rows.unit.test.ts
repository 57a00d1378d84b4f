/** The statements that insert the events of a call. */

import { describe, expect, it } from "vitest";
import { EventRows, type NewEvent } from "../../../src/db/events/event-rows.ts";

const event = (id: string, properties = "{}"): NewEvent => ({
  id,
  definition_id: "order",
  definition_version: 1,
  person_id: "p-1",
  company_id: null,
  session_id: null,
  occurred_at: 0,
  properties,
});

function statementsOf(...events: NewEvent[]) {
  const rows = new EventRows();
  for (const each of events) rows.add(each);
  return rows.statements("space", 0);
}

/** The ids and properties of the events of each statement. */
const inserted = (...events: NewEvent[]) =>
  statementsOf(...events).map(({ params }) => {
    const [, , list, id] = params;
    if (params.length > 3) return [[id, "large"]];
    return (JSON.parse(String(list)) as unknown[][]).map((row) => [row[1], row[7]]);
  });

describe("events", () => {
  it("are inserted in the order of their ids", () => {
    expect(inserted(event("c"), event("a"), event("b"))).toEqual([
      [
        ["a", {}],
        ["b", {}],
        ["c", {}],
      ],
    ]);
  });

  it("with one id stay in the order in which they were sent", () => {
    const [list = []] = inserted(event("b", '{"n":1}'), event("a"), event("b", '{"n":2}'), event("b", '{"n":3}'));
    expect(list).toEqual([
      ["a", {}],
      ["b", { n: 1 }],
      ["b", { n: 2 }],
      ["b", { n: 3 }],
    ]);
  });

  it("that are too large for a list have statements of their own, between those before and after them", () => {
    const large = JSON.stringify({ text: "x".repeat(1_950_000) });
    expect(inserted(event("c"), event("b", large), event("a"))).toEqual([[["a", {}]], [["b", "large"]], [["c", {}]]]);
  });

  it("are cut into lists that fit a parameter", () => {
    const events = Array.from({ length: 30 }, (_, n) => event(`e-${n}`, JSON.stringify({ text: "x".repeat(100_000) })));
    const lists = statementsOf(...events).map(({ params }) => String(params[2]));
    expect(lists).toHaveLength(2);
    for (const list of lists) expect(Buffer.byteLength(list)).toBeLessThanOrEqual(1_900_000);
  });

  it("are forgotten by the statements that have them", () => {
    const rows = new EventRows();
    rows.add(event("a"));
    expect([rows.statements("space", 0).length, rows.statements("space", 0).length]).toEqual([1, 0]);
  });
});
