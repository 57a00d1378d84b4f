/**
 * What only the outside can tell: the time and the dice. index.ts makes the real one, tests bring their own, and everything
 * else takes it as an argument.
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
