/** What of the contract the service does already; the model expects nothing that is not here yet. */

export const LANDED = {
  occurredAt: false,
  nestedEventId: false,
  everyProperty: true,
  growingSchema: false,
  plainDays: false,
  everyRun: true,
  belowMilliseconds: true,
};
