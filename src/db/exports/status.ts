/** The statuses of an export, and the phases of its work. export/pipeline/state.ts has the table of transitions. */

export type ExportStatus = "queued" | "processing" | "completed" | "failed" | "canceled" | "expired";
export type ExportPhase = "planning" | "writing" | "assembling" | "finishing" | "done";

/** Which export: an export's row is one. */
export interface ExportKey {
  space_id: string;
  id: string;
}

/** Why an export failed: a code of the error table, and who must act. */
export interface ExportError {
  code: string;
  owner: "customer" | "service";
  /** Public; adds to the title of the code. */
  detail?: string | null;
  /** Overrides the code's own. */
  retryable?: boolean | null;
}

/** An error as the columns error_code, error_owner, error_detail and error_retryable have it. */
export const errorColumns = ({ code, owner, detail, retryable }: ExportError) =>
  [code, owner, detail ?? null, typeof retryable === "boolean" ? Number(retryable) : null] as const;
