import type { Examples } from "../example-values.ts";

export const homeExamples: Examples = {
  Home: { name: "d1:SPACE_DB", kind: "d1", spaces: 12, bytes: 734_003_200 },
};
