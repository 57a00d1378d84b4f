/** What the Worker logs, counted: one count for each event, and for each cause of a failure. */

const EVENT = /^\{"event":"([^"]*)"/;
const MAX_CAUSES = 20;
const MAX_CAUSE = 160;

export class LogCounts {
  readonly events = new Map<string, number>();
  readonly failures = new Map<string, number>();

  /** @param line one JSON line, as src/log.ts writes it. */
  add(line: string): void {
    const event = EVENT.exec(line)?.[1] ?? line.slice(0, MAX_CAUSE);
    this.events.set(event, this.count(event) + 1);
    if (!line.includes('"error":"')) return;
    const { code, error = "" } = JSON.parse(line) as { code?: string; error?: string };
    const cause = `${event}${code === undefined ? "" : ` (${code})`}: ${error}`.slice(0, MAX_CAUSE);
    if (this.failures.size < MAX_CAUSES || this.failures.has(cause))
      this.failures.set(cause, (this.failures.get(cause) ?? 0) + 1);
  }

  count(event: string): number {
    return this.events.get(event) ?? 0;
  }
}
