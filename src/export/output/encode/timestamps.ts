/** Times in rows → epoch microseconds. */

/** The digits of an RFC 3339 time below the millisecond, down to the microsecond. */
const BELOW_MS = /\.\d{3}(\d{1,3})/;

/**
 * Epoch microseconds of an RFC 3339 time or day; null for another text. More digits than these are cut. The form that
 * rows have for their own times is read without `Date.parse`, which costs a microsecond for the offset without a colon.
 */
export function microseconds(text: string): bigint | null {
  const own = ownForm(text);
  if (own !== null) return BigInt(own) * 1000n;
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) return null;
  const below = BELOW_MS.exec(text)?.[1] ?? "";
  return BigInt(ms) * 1000n + BigInt(below.padEnd(3, "0"));
}

const FORM = "dddd-dd-ddTdd:dd:dd.ddd";
const ZONES = ["Z", "+0000"] as const;
const ZERO = 0x30;
/** Every month has these days. */
const MAX_DAY = 28;

/** Epoch ms of `2022-09-14T15:00:35.495Z`, or with `+0000`; null for another form, and for rare values of this one. */
function ownForm(text: string): number | null {
  if (!ZONES.some((zone) => text.length === FORM.length + zone.length && text.endsWith(zone))) return null;
  for (let at = 0; at < FORM.length; at += 1) {
    const code = text.charCodeAt(at);
    const fits = FORM[at] === "d" ? code >= ZERO && code <= ZERO + 9 : code === FORM.charCodeAt(at);
    if (!fits) return null;
  }
  const two = (at: number) => (text.charCodeAt(at) - ZERO) * 10 + text.charCodeAt(at + 1) - ZERO;
  const [century, month, day] = [two(0), two(5), two(8)];
  const [hour, minute, second] = [two(11), two(14), two(17)];
  // `Date.UTC` takes the years up to 99 for those of the last century.
  if (century === 0 || month === 0 || month > 12 || day === 0 || day > MAX_DAY) return null;
  if (hour > 23 || minute > 59 || second > 59) return null;
  const ms = two(20) * 10 + text.charCodeAt(22) - ZERO;
  return Date.UTC(century * 100 + two(2), month - 1, day, hour, minute, second, ms);
}
