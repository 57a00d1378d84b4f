import { AT, type Examples } from "../example-values.ts";

export const metaExamples: Examples = {
  Health: {
    status: "ok",
    checked_at: AT,
    parts: [
      { name: "control", status: "ok", ms: 14, bytes: 48_234_496 },
      { name: "d1:SPACE_DB", status: "ok", ms: 12, bytes: 734_003_200 },
      { name: "bucket", status: "ok", ms: 61 },
      { name: "sweep", status: "ok", ms: 9, age_seconds: 21 },
      { name: "queue:steps", status: "ok", ms: 17, age_seconds: null },
    ],
  },
};
