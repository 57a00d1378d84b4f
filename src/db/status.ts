/** What an export can be, and the parts of its work. `export/state.ts` has the table of moves. */

export type ExportStatus = "queued" | "processing" | "completed" | "failed" | "canceled" | "expired";
export type ExportPhase = "planning" | "writing" | "assembling" | "finishing" | "done";
