/** Places in a text, in words, for error texts. */

/**
 * @returns a function that names the place after `at` UTF-16 units: "line 3, column 17", both counted from 1. It reads
 * the text once, so it has to be called with ascending places.
 */
export function placesIn(text: string): (at: number) => string {
  let [line, lineStart] = [1, 0];
  return (at) => {
    for (let feed = text.indexOf("\n", lineStart); feed !== -1 && feed < at; feed = text.indexOf("\n", lineStart)) {
      line += 1;
      lineStart = feed + 1;
    }
    return `line ${line}, column ${at - lineStart + 1}`;
  };
}
