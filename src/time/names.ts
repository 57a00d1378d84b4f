/** Formats of times in names and rows. All UTC. */

/** `yyyymmddhhmmsssss`: 17 digits, as file names carry times. @param time epoch ms. */
export function digits17(time: number): string {
  return new Date(time).toISOString().replace(/\D/g, "");
}

/** `2022-09-14T15:00:35.495Z`. @param time epoch ms. */
export function iso(time: number): string {
  return new Date(time).toISOString();
}

/** `2022-09-14T15:00:35.495+0000`: an offset without a colon, as flat rows write it. @param time epoch ms. */
export function isoWithOffset(time: number): string {
  return `${new Date(time).toISOString().slice(0, -1)}+0000`;
}
