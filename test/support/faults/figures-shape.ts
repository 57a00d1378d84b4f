/** What schedules came to: as each test tells it, and as `npm run faults` reads it. */

export interface Figures {
  schedules: number;
  faults: number;
  /** Effects at which a walk put a fault. */
  points: number;
  /** Failed exports that were taken up again. */
  retries: number;
  canceled: number;
  /** Rows of completed exports that were missing, or there more than once. */
  lost: number;
  doubled: number;
  /** How often each kind of fault happened. */
  kinds: Record<string, number>;
}
