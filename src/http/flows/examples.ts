import { type Examples, TIMES } from "../example-values.ts";

export const flowExamples: Examples = {
  FlowsPut: { put: 1 },
  Flow: {
    id: "10000005271386",
    campaign_name: "Spring sale",
    campaign_start: "2026-01-10T08:00:00.000Z",
    elements: [{ id: "10000005271386-12", name: "Send email" }],
    ...TIMES,
  },
};
