import { AT, type Examples, TIMES } from "../example-values.ts";

const SEGMENT = {
  id: "gold-buyers",
  name: "Gold customers who bought lately",
  rule: {
    all: [
      { attribute: "tier", op: "eq", value: "gold" },
      { event: "order_placed", within_days: 30 },
    ],
  },
  ...TIMES,
};

export const segmentExamples: Examples = {
  Segment: SEGMENT,
  CheckedSegment: { ...SEGMENT, warnings: [] },
  SegmentCount: { count: 1_204, counted_at: AT },
};
