import { type Examples } from "../example-values.ts";

const ROW = {
  definitionId: "order_placed",
  eventId: "evt-1",
  sessionId: null,
  personId: "p-1",
  externalPersonId: "CRM-1",
  occuredTime: "2026-01-15T10:23:46.007+0000",
  occurredAt: "2026-01-15T10:23:45.123Z",
  order_id: "A-17",
  amount: 19.9,
};

export const eventExamples: Examples = {
  Accepted: { accepted: 1, duplicates: 0 },
  DryRun: {
    accepted: 1,
    duplicates: 1,
    created_profiles: 0,
    data: [ROW],
    rows_left_out: 0,
    duplicate_events: ["/events/1"],
  },
  listEvents: {
    data: [ROW],
    next_cursor: null,
    prev_cursor: null,
  },
};
