/** A chunk ends at the same record, whether its records are added one by one or many at a time. */

import * as fc from "fast-check";
import { expect, it } from "vitest";
import { ChunkCost, type RecordCost } from "../../src/datasets/chunk-cost.ts";

const MAX = { records: 40, bytes: 1_000, queries: 64, recordQueries: 8, rows: 4_096 };

// Queries are eighths, so that no sum is rounded.
const cost = fc.record({
  bytes: fc.nat(60),
  queries: fc.nat(32).map((eighths) => eighths / 8),
  rows: fc.nat(300),
});

const sumOf = (costs: readonly RecordCost[]): RecordCost =>
  costs.reduce(
    (sum, each) => ({
      bytes: sum.bytes + each.bytes,
      queries: sum.queries + each.queries,
      rows: sum.rows + each.rows,
    }),
    { bytes: 0, queries: 0, rows: 0 },
  );

function oneByOne(chunk: ChunkCost, costs: readonly RecordCost[]): number {
  for (const each of costs) if (!chunk.add(each)) break;
  return chunk.records;
}

it("a chunk that takes slices of records ends where one does that takes each by itself", () => {
  fc.assert(
    fc.property(fc.array(cost, { maxLength: 80 }), fc.integer({ min: 1, max: 20 }), (costs, slice) => {
      const chunk = new ChunkCost(MAX, "too large");
      let at = 0;
      while (at < costs.length) {
        const some = costs.slice(at, at + slice);
        if (!chunk.addAll(some.length, sumOf(some))) break;
        at += some.length;
      }
      expect(chunk.records).toBe(at);
      expect(oneByOne(chunk, costs.slice(at))).toBe(oneByOne(new ChunkCost(MAX, "too large"), costs));
    }),
  );
});
