/** The text that can be read on a colour. It imports nothing: the console shows a colour before it is saved. */

/**
 * Black or white, whichever contrasts more: by 4.5:1 or more with every colour (w3.org/TR/WCAG22/#dfn-contrast-ratio).
 * @param accent `#rrggbb`. @returns the text's colour and the ratio.
 */
export function textOn(accent: string): { colour: "#000000" | "#ffffff"; ratio: number } {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(accent.slice(at, at + 2), 16) / 255;
    return part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  const [onBlack, onWhite] = [(luminance + 0.05) / 0.05, 1.05 / (luminance + 0.05)];
  return onBlack >= onWhite ? { colour: "#000000", ratio: onBlack } : { colour: "#ffffff", ratio: onWhite };
}
