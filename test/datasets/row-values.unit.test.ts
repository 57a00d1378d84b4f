/** A flat row as values has the members of its line: formats of columns read the one, and NDJSON has the other. */

import * as fc from "fast-check";
import { expect, it } from "vitest";
import type { EventRecord } from "../../src/db/events/events.ts";
import { flatRow, flatValues } from "../../src/datasets/rows.ts";

const id = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 });
const time = fc.integer({ min: 0, max: Date.UTC(2100, 0, 1) });
const properties = fc.dictionary(fc.constantFrom("a", "b", "größe", "constructor"), fc.jsonValue());
const event: fc.Arbitrary<EventRecord> = fc.record({
  occurredAt: time,
  id,
  definitionId: id,
  personId: id,
  sessionId: fc.option(id),
  companyId: fc.constant(null),
  receivedAt: time,
  properties: properties.map((each) => JSON.stringify(each)),
});

const parts = fc.record(
  { externalId: fc.option(id), extra: fc.boolean(), moments: fc.constant(',"campaignName":"Spring"') },
  { requiredKeys: ["externalId", "extra"] },
);

it("has the members of the line, whatever is renamed or added in it", () => {
  fc.assert(
    fc.property(event, fc.subarray(["a", "b"]), parts, (of, clashing, rest) => {
      const values = flatValues(of, clashing, rest);
      const line = flatRow(of, clashing, rest);
      expect(values.line()).toBe(line);
      expect({ ...values.head, ...(JSON.parse(values.rest) as object) }).toEqual(JSON.parse(line));
    }),
  );
});

it("needs no line for a row without renames", () => {
  const of: EventRecord = {
    occurredAt: 0,
    id: "e-1",
    definitionId: "visit",
    personId: "p-1",
    sessionId: null,
    companyId: null,
    receivedAt: 0,
    properties: '{"page":"/"}',
  };
  expect(flatValues(of, [], { externalId: null, extra: true }).rest).toBe(of.properties);
});
