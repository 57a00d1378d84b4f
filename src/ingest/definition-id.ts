/** Makes an event definition's id from its name, in the form that the built-in definitions have. */

const MAX_ID_CHARACTERS = 64;

/** Letters of Latin scripts that Unicode does not decompose into a letter of ASCII and a mark. */
const LATIN: ReadonlyMap<string, string> = new Map(
  "ß:ss ẞ:SS æ:ae Æ:Ae œ:oe Œ:Oe þ:th Þ:Th ø:o Ø:O ł:l Ł:L đ:d Đ:D ð:d Ð:D ħ:h Ħ:H ı:i"
    .split(" ")
    .map((pair) => [pair.slice(0, 1), pair.slice(2)]),
);

/** Of "IVRPlayed2x" the words IVR, Played2x. */
const WORDS = /[A-Z]+(?![a-z])[0-9]*|[A-Za-z]?[a-z0-9]+/g;

/**
 * Makes an id: `Trip booked` → `tripBooked`, `Voice IVR played` → `voiceIvrPlayed`, `Größe gewählt` → `grosseGewahlt`.
 * A word begins after anything that is neither letter nor digit, and at a capital after a small letter. Letters of
 * other scripts than Latin separate words. An id that would begin with a digit begins with `event`. At most 64
 * characters.
 * @returns null for a name without a Latin letter or a digit.
 */
export function idFromName(name: string): string | null {
  const plain = name
    .normalize("NFKD")
    .replaceAll(/[\p{M}'’]/gu, "")
    .replaceAll(/[^\0-\x7F]/g, (letter) => LATIN.get(letter) ?? " ");
  const words = plain.match(WORDS);
  if (words === null) return null;
  const [first = "", ...others] = words.map((word) => word.toLowerCase());
  const rest = others.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
  const id = /^[0-9]/.test(first) ? `event${first}${rest}` : first + rest;
  return id.slice(0, MAX_ID_CHARACTERS);
}
