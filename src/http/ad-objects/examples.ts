import { type Examples, TIMES } from "../example-values.ts";

export const adObjectExamples: Examples = {
  AdObjectsPut: { put: 4 },
  AdObject: {
    level: "ad",
    id: "120210000000000001",
    name: "Blue shoes, video",
    adset_id: "120210000000000010",
    ...TIMES,
  },
};
