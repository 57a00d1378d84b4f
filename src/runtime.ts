/**
 * Clock, randomness and ids. index.ts creates the real runtime, tests bring their own, all other code gets it passed.
 */
export interface Runtime {
  /** Epoch milliseconds, UTC. */
  now(): number;
  /** A new random UUID (RFC 9562, version 4). */
  uuid(): string;
  /** That many unpredictable bytes. */
  randomBytes(count: number): Uint8Array<ArrayBuffer>;
  /** A number in [0, 1), for jitter. */
  random(): number;
}
