/** The filters of the events page: in its address, and in the call. */

import { describe, expect, it } from "vitest";
import { addressOf, filtersOf, windowOf } from "../../console/src/pages/events/filters.ts";

const NOW = Date.parse("2026-12-01T12:00:00.500Z");
const at = (query: string) => filtersOf(new URLSearchParams(query));

describe("the address of the events", () => {
  it.each([
    "",
    "event_names=order_*%2Cvisit",
    "person_id=p-1",
    "external_person_id=CRM-1&start=2026-11-01T00%3A00%3A00.000Z",
    "custom_id=c-1&start=2026-11-01T00%3A00%3A00.000Z&end=2026-12-01T00%3A00%3A00.000Z",
  ])("has the filters that it had: %s", (query) => {
    expect(new URLSearchParams(addressOf(at(query))).toString()).toBe(query);
  });

  it("filters nothing by a person of spaces", () => {
    expect(addressOf({ ...at(""), person: "  " })).toEqual({});
  });

  it("names a person by one id, whatever else it has", () => {
    expect(at("custom_id=c-1&person_id=p-1")).toMatchObject({ personBy: "person_id", person: "p-1" });
  });
});

describe("the window of the call", () => {
  it("is all that the space keeps until now, where no times are chosen", () => {
    const { start, end } = windowOf({ start: "", end: "" }, NOW, 7);
    expect(end).toBe("2026-12-01T12:00:00.000Z");
    expect(start).toBe("2026-11-24T13:00:00.000Z");
  });

  it("is what was chosen", () => {
    const chosen = { start: "2026-11-01T00:00:00.000Z", end: "2026-11-02T00:00:00.000Z" };
    expect(windowOf(chosen, NOW, 7)).toEqual(chosen);
  });
});
