/** Formats of times in names and rows. All UTC. */

/** `yyyymmddhhmmsssss`: 17 digits, as file names carry times. @param time epoch ms. */
export function digits17(time: number): string {
  return new Date(time).toISOString().replace(/\D/g, "");
}

/** `2022-09-14T15:00:35.495Z`. @param time epoch ms. @throws RangeError for what is no time. */
export function iso(time: number): string {
  return `${withoutZone(time)}Z`;
}

/** `2022-09-14T15:00:35Z`: without the milliseconds, whatever they are. @param time epoch ms. */
export function isoSeconds(time: number): string {
  return `${withoutZone(time).slice(0, -4)}Z`;
}

/** `2022-09-14T15:00:35.495+0000`: an offset without a colon, as flat rows write it. @param time epoch ms. */
export function isoWithOffset(time: number): string {
  return `${withoutZone(time)}+0000`;
}

const HOUR_MS = 3_600_000;
/** The texts of `mm:ss.` and of milliseconds, made when they are first needed. */
const SECONDS: string[] = [];
const MILLISECONDS: string[] = [];
/** Times of one page are close to each other: the text of the hour is formatted once. */
const lastHour = { start: Number.NaN, text: "" };

/** A row has a time or two, and formatting one by a `Date` costs a tenth of all else that is done to a row. */
function withoutZone(time: number): string {
  if (!Number.isInteger(time)) return new Date(time).toISOString().slice(0, -1);
  const start = Math.floor(time / HOUR_MS) * HOUR_MS;
  const within = time - start;
  if (start !== lastHour.start) {
    lastHour.text = new Date(start).toISOString().slice(0, -"mm:ss.sssZ".length);
    lastHour.start = start;
  }
  const ms = within % 1000;
  const second = (within - ms) / 1000;
  return lastHour.text + (SECONDS[second] ??= secondText(second)) + (MILLISECONDS[ms] ??= String(ms).padStart(3, "0"));
}

const secondText = (second: number) => new Date(second * 1000).toISOString().slice(14, 20);
