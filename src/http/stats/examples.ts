import { type Examples, ROWS } from "../example-values.ts";

const COUNTS = {
  created: 4,
  completed: 3,
  failed: { customer: 1, service: 0 },
  canceled: 0,
  rows: ROWS,
  bytes: 14_205_882,
};

const DAY = {
  exports: {
    ...COUNTS,
    seconds: { p50: 9.54, p95: 16.5 },
    datasets: [{ dataset: "activity_events", ...COUNTS }],
  },
  webhooks: { attempts: 5, delivered: 4, failed: 0, lag_seconds: { p50: 0.207, p95: 5.52 } },
  rate_limits: [
    { policy: "api", refused: 0, highest: 212 },
    { policy: "poll", refused: 3, highest: 30 },
  ],
};

export const statsExamples: Examples = {
  Stats: {
    timezone: "Europe/London",
    from: "2026-01-15",
    to: "2026-01-15",
    total: DAY,
    days: [{ day: "2026-01-15", ...DAY }],
  },
};
