import { type Examples } from "../example-values.ts";

export const metaExamples: Examples = { Health: { status: "ok" } };
