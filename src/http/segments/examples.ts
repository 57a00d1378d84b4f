/** Examples of answers for the OpenAPI document, by operationId or by the id of the answer's schema. */

import { AT } from "../example-values.ts";

export const segmentExamples: Record<string, unknown> = {
  Segment: {
    id: "gold-buyers",
    name: "Gold customers who bought lately",
    rule: {
      all: [
        { attribute: "tier", op: "eq", value: "gold" },
        { event: "order_placed", within_days: 30 },
      ],
    },
    created_at: AT,
    updated_at: AT,
  },
  SegmentCount: { count: 1_204, counted_at: AT },
};
