/** Fixed lengths of time in milliseconds. A calendar day in a time zone may be longer or shorter: see days.ts. */

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
