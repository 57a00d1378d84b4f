/**
 * Days of examples in a collection. A space keeps events for a limited time, so an example with a fixed window would
 * be rejected some day. The collection has variables instead, which its script sets before each request.
 */

/** The day of the examples in the document that a collection is made of. */
export const EXAMPLES_AS_OF = "2026-01-16";

const DAY_MS = 86_400_000;
const DAY = /\b20\d\d-\d\d-\d\d(?=T|\b)/g;

/** @returns the text with a variable such as `{{day-15}}` for each day. */
export function withVariableDays(text: string): string {
  return text.replaceAll(DAY, (day) => {
    const days = (Date.parse(day) - Date.parse(EXAMPLES_AS_OF)) / DAY_MS;
    return `{{day${days < 0 ? "" : "+"}${days}}}`;
  });
}

/** @returns the script that sets the variables of a text, a line an item. */
export function scriptOfDays(text: string): string[] {
  const found = [...text.matchAll(/\{\{day([+-]\d+)\}\}/g)].map(([, days = ""]) => days);
  const names = [...new Set(found)].toSorted((a, b) => Number(a) - Number(b));
  return [
    "// Windows of the examples go with today: a space keeps events for a limited time.",
    `for (const days of ${JSON.stringify(names)}) {`,
    `  const time = Date.now() + Number(days) * ${DAY_MS};`,
    "  pm.variables.set(`day${days}`, new Date(time).toISOString().slice(0, 10));",
    "}",
  ];
}
