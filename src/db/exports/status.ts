/** What an export can be, and the parts of its work. `export/state.ts` has the table of moves. */

export type ExportStatus = "queued" | "processing" | "completed" | "failed" | "canceled" | "expired";
export type ExportPhase = "planning" | "writing" | "assembling" | "finishing" | "done";

/** What went wrong: a code of the error table, and whose turn it is. */
export interface ExportError {
  code: string;
  owner: "customer" | "service";
  /** What the code's own title does not say; public. */
  detail?: string | null;
  /** Where the code's own answer does not hold. */
  retryable?: boolean | null;
}
