/** What of the contract the service does already; the model expects nothing that is not here yet. */

export const LANDED = {
  occurredAt: true,
  nestedEventId: true,
  everyProperty: true,
  growingSchema: true,
  plainDays: false,
  everyRun: true,
  belowMilliseconds: true,
};
