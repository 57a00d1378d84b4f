/** The items of one call. They may be too large to be in memory together, so each is read when it is needed. */

export interface SentItems<Sent> extends Iterable<Sent> {
  readonly length: number;
  /** Whether they can be read again after the final pass, for a write that has to be repeated. */
  readonly isRepeatable: boolean;
  /** Reads them, in their order. Where they are not repeatable, each is forgotten as soon as it was read. */
  finalPass(): Iterable<Sent>;
}
