/** Decimal numbers without rounding, so that amounts are split, added up and written exactly. */

/** Its value is units / 10^scale; the scale is not negative. */
export interface Decimal {
  units: bigint;
  scale: number;
}

/** RFC 8259, section 6. A 64-bit floating point number needs no exponent of more than three digits. */
const NUMBER = /^(-?(?:0|[1-9]\d*))(?:\.(\d+))?(?:[eE]([+-]?0*\d{1,3}))?$/;

/**
 * @param text a number as JSON writes it, such as `19.9`, `-3` or `1e-7`.
 * @param minScale the result has as many decimals as the number, but at least this many.
 * @throws RangeError for any other text, and for an exponent of more than three digits.
 */
export function parseDecimal(text: string, minScale = 0): Decimal {
  const parts = NUMBER.exec(text);
  if (parts === null) throw new RangeError("A decimal must be a number as JSON writes it.");
  const [, whole = "", fraction = "", exponent = "0"] = parts;
  const decimals = fraction.length - Number(exponent);
  const scale = Math.max(decimals, minScale);
  return { units: BigInt(whole + fraction + "0".repeat(scale - decimals)), scale };
}

/** Formats as JSON does, without an exponent and trailing zeros: `25`, `33.34`, `-0.5`, `0`. */
export function formatDecimal({ units, scale }: Decimal): string {
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, "0");
  const point = digits.length - scale;
  let end = digits.length;
  while (end > point && digits[end - 1] === "0") end -= 1;
  return `${units < 0n ? "-" : ""}${digits.slice(0, point)}${end > point ? `.${digits.slice(point, end)}` : ""}`;
}

/** The sum, with the larger scale of the two. */
export function addDecimals(a: Decimal, b: Decimal): Decimal {
  const scale = Math.max(a.scale, b.scale);
  return { units: unitsAt(scale, a) + unitsAt(scale, b), scale };
}

function unitsAt(scale: number, decimal: Decimal): bigint {
  return scale === decimal.scale ? decimal.units : decimal.units * 10n ** BigInt(scale - decimal.scale);
}
