/** What of the contract the service does already; the model expects nothing that is not here yet. */

export const LANDED = {
  occurredAt: true,
  nestedEventId: true,
  everyProperty: true,
  growingSchema: true,
  /** A time of occurrence that is the moment of receipt is told from none. */
  sourceTimes: false,
  everyRun: true,
  belowMilliseconds: true,
};
