/** "Did you mean …?" for a name that is not known: the nearest of the known names, if one is near. */

/** Longer names are compared whole only: the distance of two texts costs the product of their lengths. */
const MAX_LENGTH = 64;
/** The most known names that are compared with one unknown name. */
const MAX_KNOWN = 2_000;

/** @returns a sentence with a space before it, to be added to an error's detail; empty where no known name is near. */
export function didYouMean(unknown: string, known: Iterable<string>): string {
  const near = nearest(unknown, known);
  return near === undefined ? "" : ` Did you mean ${near}?`;
}

/** The known name with the fewest mistyped characters; the first of equals. Letter case and `_ - .` count nothing. */
export function nearest(unknown: string, known: Iterable<string>): string | undefined {
  const sought = folded(unknown);
  let best: string | undefined;
  let fewest = maxMistakes(sought) + 1;
  let compared = 0;
  for (const name of known) {
    if (name === unknown) continue;
    const mistakes = distance(sought, folded(name), fewest - 1);
    if (mistakes < fewest) [best, fewest] = [name, mistakes];
    compared += 1;
    if (fewest === 0 || compared === MAX_KNOWN) break;
  }
  return best;
}

const folded = (name: string) => name.toLowerCase().replaceAll(/[_\-. ]/g, "");

/** About one mistake in three characters: of short names every other one would be near. */
const maxMistakes = (name: string) => Math.min(3, Math.floor(name.length / 3));

/**
 * The optimal string alignment distance: insertions, deletions, replacements and swaps of neighbours.
 * @returns Infinity where it is more than `max`.
 */
function distance(a: string, b: string, max: number): number {
  if (a === b) return 0;
  if (Math.abs(a.length - b.length) > max || Math.max(a.length, b.length) > MAX_LENGTH) return Infinity;
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1];
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      current.push(
        Math.min(
          (previous[column] ?? 0) + 1,
          (current[column - 1] ?? 0) + 1,
          (previous[column - 1] ?? 0) + (same ? 0 : 1),
          swapped ? (before[column - 2] ?? 0) + 1 : Infinity,
        ),
      );
    }
    if (Math.min(...current) > max) return Infinity;
    [before, previous] = [previous, current];
  }
  const mistakes = previous[b.length] ?? 0;
  return mistakes > max ? Infinity : mistakes;
}
