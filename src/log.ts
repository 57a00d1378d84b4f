/** One JSON line per event. Fields are ids, counts and codes: never a secret, a token, a URL or a customer's data. */

export type LogFields = Record<string, string | number | boolean | null | undefined>;

export function log(event: string, fields: LogFields = {}): void {
  console.log(JSON.stringify({ event, ...fields }));
}

/** Logs an unexpected failure, with the message of its cause. Clients get the code `internal` without it. */
export function logFailure(event: string, thrown: unknown, fields: LogFields = {}): void {
  const cause = thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown;
  const error = cause instanceof Error ? `${cause.name}: ${cause.message}` : typeof cause;
  console.error(JSON.stringify({ event, ...fields, error }));
}
