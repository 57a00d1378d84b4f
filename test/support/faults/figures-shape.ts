/** The figures of fault runs: each test reports them, and the test runner sums them. */

export interface Figures {
  schedules: number;
  faults: number;
  /** Effects at which a walk put a fault. */
  points: number;
  /** Failed exports that were retried. */
  retries: number;
  canceled: number;
  /** Rows of completed exports that were missing, or there more than once. */
  lost: number;
  doubled: number;
  /** How often each kind of fault happened. */
  kinds: Record<string, number>;
}
