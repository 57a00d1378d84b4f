/**
 * What is measured, as data points of Workers Analytics Engine: one shape for each kind. Locally they go nowhere. A point's
 * index is the space, so that sampling is fair to small ones.
 */

export type Point =
  | {
      kind: "export";
      spaceId: string;
      dataset: string;
      outcome: "completed" | "failed" | "canceled";
      errorCode: string | null;
      rows: number;
      /** Of the stored objects. */
      bytes: number;
      retries: number;
      durationMs: number;
    }
  | {
      kind: "webhook";
      spaceId: string;
      eventType: string;
      outcome: "delivered" | "retrying" | "failed";
      attempt: number;
      /** From the event to this attempt's end. */
      lagMs: number;
    };

/** blob1 is the kind; what the other blobs and doubles are is said here, and nowhere else. */
export function dataPoint(point: Point): { indexes: string[]; blobs: string[]; doubles: number[] } {
  const indexes = [point.spaceId];
  if (point.kind === "export")
    return {
      indexes,
      blobs: ["export", point.outcome, point.dataset, point.errorCode ?? ""],
      doubles: [point.rows, point.bytes, point.retries, point.durationMs],
    };
  return {
    indexes,
    blobs: ["webhook", point.outcome, point.eventType],
    doubles: [point.attempt, point.lagMs],
  };
}
