/** Examples of answers for the OpenAPI document, by operationId or by the id of the answer's schema. */

import { AT } from "../example-values.ts";

export const adObjectExamples: Record<string, unknown> = {
  AdObjectsPut: { put: 4 },
  AdObject: {
    level: "ad",
    id: "120210000000000001",
    name: "Blue shoes, video",
    adset_id: "120210000000000010",
    created_at: AT,
    updated_at: AT,
  },
};
