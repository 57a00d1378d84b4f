/**
 * Templates: `order-{InvoiceNo}-{#line}`. `{column}` is a column's value, `{#line}` the row's line in the file, `{#row}` its number
 * among the rows, from 1, `{#file}` a digest of the file; `{#row:6}` has leading zeros; `{{` and `}}` are braces.
 */

import { asText } from "./values.ts";

/** Where a row stands, and what stands in it. */
export interface Place {
  line: number;
  n: number;
  /** 24 hexadecimal digits. */
  file: string;
  get(column: string): unknown;
}

/** A value that is no text, or would not be the same as one. */
export class Unfit extends Error {}

const PART = /\{\{|\}\}|\{([^{}]*)\}|[{}]|[^{}]+/g;
const SPECIAL = /^#(line|row|file)(?::([1-9]|1\d))?$/;

/** What is wrong with it; null if nothing is. */
export function templateProblem(template: string): string | null {
  for (const [part, name] of template.matchAll(PART)) {
    if (part === "{" || part === "}") return "has a brace without its other one: a brace itself is written twice";
    if (name === "") return "has {} without a column";
    if (name?.startsWith("#") === true && !SPECIAL.test(name))
      return `has {${name}}: there are {#line}, {#row} (with leading zeros: {#row:6}) and {#file}`;
  }
  return null;
}

/** `fill` gives null where a column that it names is empty, and throws Unfit where one has a value that a text cannot have. */
export function compileTemplate(template: string): {
  columns: string[];
  usesFile: boolean;
  fill: (place: Place) => string | null;
} {
  const columns: string[] = [];
  const parts = [...template.matchAll(PART)].map(([part, name]): ((place: Place) => string) => {
    if (name === undefined) {
      const text = part === "{{" ? "{" : part === "}}" ? "}" : part;
      return () => text;
    }
    const [, special, width] = SPECIAL.exec(name) ?? [];
    if (special === "file") return (place) => place.file;
    if (special !== undefined) {
      const number = special === "line" ? "line" : "n";
      return (place) => String(place[number]).padStart(Number(width ?? 1), "0");
    }
    columns.push(name);
    return (place) => {
      const found = place.get(name);
      if (found === undefined || found === null) return "";
      const text = asText(found);
      if ("problem" in text) throw new Unfit(`${name}: ${text.problem}`);
      return text.value;
    };
  });
  const isColumn = [...template.matchAll(PART)].map(([, name]) => name !== undefined && !name.startsWith("#"));
  const fill = (place: Place) => {
    let text = "";
    for (const [index, part] of parts.entries()) {
      const filled = part(place);
      if (filled === "" && isColumn[index] === true) return null;
      text += filled;
    }
    return text;
  };
  const usesFile = [...template.matchAll(PART)].some(([, name = ""]) => SPECIAL.exec(name)?.[1] === "file");
  return { columns, usesFile, fill };
}
