/** The time that an export covers, of the parameters that its dataset has for it. Pure. */

/** Bounds are instants (RFC 3339; the end is left out) or days of the space's time zone (inclusive). Null: open. */
export type ExportWindow =
  | { kind: "times"; start: string; end: string | null }
  | { kind: "days"; first: string; last: string };

/** @param request of an export. @returns null where the dataset has no window, or the request names none. */
export function windowOf(request: object): ExportWindow | null {
  const all = request as Record<string, unknown>;
  const text = (...names: string[]) =>
    names.map((name) => all[name]).find((value) => typeof value === "string") ?? null;
  const first = text("date", "start_date");
  if (first !== null) return { kind: "days", first, last: text("end_date") ?? first };
  const start = text("start", "from", "start_at");
  return start === null ? null : { kind: "times", start, end: text("end", "to", "end_at") };
}
