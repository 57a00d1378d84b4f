/** What the page says of an export's state: whether it still changes, who must act, what is wrong. Pure. */

import type { Export, ListedExport } from "spillway-client";

type Shown = Export | ListedExport;

/** Whether the export has not ended yet. */
export const isActive = ({ status }: Pick<Shown, "status">) => status === "queued" || status === "processing";

/** Whether the next poll may see something else. */
export const mayChange = (shown: Export) => isActive(shown) || shown.verification?.status === "running";

/** Files that a verification found missing, or changed: the export is damaged. */
export function damagedFiles({ status, verification }: Export): number {
  if (status !== "completed" || verification?.status !== "finished") return 0;
  return verification.missing + verification.changed;
}

/** Who must act so that the export continues; null: no action is needed. */
export function mustAct({ error, next_retry_at: nextRetry }: Shown): "you" | "service" | "waiting" | null {
  if (error === null) return null;
  if (error.owner === "customer") return "you";
  return nextRetry === null ? "service" : "waiting";
}

/** 0 to 1; null: it is not known yet. */
export const shareDone = ({ progress: { percent } }: Shown) => (percent === null ? null : percent / 100);
