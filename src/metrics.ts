/**
 * Metrics as data points of Workers Analytics Engine, one shape per kind; the local runtime drops them. The index of a
 * point is its space, so that sampling keeps points of small spaces; that of a home that spaces share is its name.
 */

export type Point =
  | {
      kind: "export";
      spaceId: string;
      dataset: string;
      outcome: "completed" | "failed" | "canceled";
      errorCode: string | null;
      rows: number;
      /** Bytes of the stored objects. */
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
      /** From the event to the end of this attempt. */
      lagMs: number;
    }
  | {
      kind: "home";
      home: string;
      /** The space whose own database was measured; null: the one that the home's spaces share. */
      spaceId: string | null;
      bytes: number;
    };

/** The only place that assigns blobs and doubles: blob1 is the kind, the others depend on it. */
export function dataPoint(point: Point): { indexes: string[]; blobs: string[]; doubles: number[] } {
  if (point.kind === "home")
    return {
      indexes: [point.spaceId ?? point.home],
      blobs: ["home", point.home, point.spaceId ?? ""],
      doubles: [point.bytes],
    };
  const indexes = [point.spaceId];
  if (point.kind === "export")
    return {
      indexes,
      blobs: ["export", point.outcome, point.dataset, point.errorCode ?? ""],
      doubles: [point.rows, point.bytes, point.retries, point.durationMs],
    };
  return { indexes, blobs: ["webhook", point.outcome, point.eventType], doubles: [point.attempt, point.lagMs] };
}
