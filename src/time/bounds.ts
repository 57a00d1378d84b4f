/** Bounds of windows as clients send them. Times of occurrence have milliseconds. */

/** Digits of a second beyond the third, of which one is not 0. */
const BELOW_MS = /\.\d{3}0*[1-9]/;

/**
 * The first millisecond that is not before the sent time: for events, `time ≥ bound` and `time < bound` then mean the
 * same as with the time as it was sent.
 * @param text RFC 3339, with any number of digits after the second.
 * @returns epoch ms.
 */
export function boundMs(text: string): number {
  return Date.parse(text) + (BELOW_MS.test(text) ? 1 : 0);
}
