/**
 * Templates: `order-{InvoiceNo}-{#line}`. `{column}` is a column's value, `{#line}` the row's line in the file,
 * `{#row}` its number among the rows, from 1, `{#file}` a digest of the file; `{#row:6}` has leading zeros; `{{` and
 * `}}` are braces.
 */

import { asText } from "./values.ts";

/** The position of a row, and its values. */
export interface Place {
  line: number;
  n: number;
  /** 24 hexadecimal digits. */
  file: string;
  get(column: string): unknown;
}

/** A value that cannot be written as a text without loss. */
export class TemplateError extends Error {}

const PART = /\{\{|\}\}|\{([^{}]*)\}|[{}]|[^{}]+/g;
const SPECIAL = /^#(line|row|file)(?::([1-9]|1\d))?$/;

/** @returns what is wrong with the template; null for a valid one. */
export function templateProblem(template: string): string | null {
  for (const [part, name] of template.matchAll(PART)) {
    if (part === "{" || part === "}") return "has a single brace: write a literal brace twice";
    if (name === "") return "has {} without the name of a column";
    if (name?.startsWith("#") === true && !SPECIAL.test(name))
      return `has the unknown {${name}}: use {#line}, {#row} (with leading zeros: {#row:6}) or {#file}`;
  }
  return null;
}

/** `fill` returns null where one of its columns is empty, and throws TemplateError for a value that is not a text. */
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
      if ("problem" in text) throw new TemplateError(`${name}: ${text.problem}`);
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
