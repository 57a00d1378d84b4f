import { type Examples } from "../example-values.ts";

export const eventExamples: Examples = {
  Accepted: { accepted: 1, duplicates: 0 },
  listEvents: {
    data: [
      {
        definitionId: "order_placed",
        eventId: "evt-1",
        sessionId: null,
        personId: "p-1",
        externalPersonId: "CRM-1",
        occuredTime: "2026-01-15T10:23:46.007+0000",
        occurredAt: "2026-01-15T10:23:45.123Z",
        order_id: "A-17",
        amount: 19.9,
      },
    ],
    next_cursor: null,
    prev_cursor: null,
  },
};
