/** Values of a file → JSON values of a type. A value that would change is an error: nothing is rounded or guessed. */

import { isKept, parseExactly, WrittenNumber } from "./numbers.ts";
import { pointerTo } from "./pointer.ts";

export type Converted<Value = unknown> = { value: Value } | { problem: string };

const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const TRUE = ["true", "t", "yes", "y", "1"];
const FALSE = ["false", "f", "no", "n", "0"];
/** Characters of a value in an error. */
const MAX_SHOWN = 100;
const INEXACT = "is an integer beyond 2^53, which a JSON number does not keep exactly: map it as a text.";

/** @param decimal the decimal separator; separators of thousands are errors. */
export function numberOf(found: unknown, decimal: "." | ","): Converted<number> {
  if (found instanceof WrittenNumber) return numberOf(found.literal, ".");
  if (typeof found === "bigint" || typeof found === "number") return checked(Number(found), found);
  if (typeof found !== "string") return { problem: `${shown(found)} is not a number.` };
  const trimmed = found.trim();
  const text = decimal === "," && !trimmed.includes(".") ? trimmed.replace(",", ".") : trimmed;
  if (!NUMBER.test(text) || (decimal === "," && trimmed.includes(".")))
    return { problem: `${shown(found)} is not a number.` };
  const made = checked(Number(text), found);
  if ("problem" in made || isKept(literalOf(text))) return made;
  return {
    problem: `${shown(found)} is not kept exactly as a JSON number: it would be read as ${made.value}. Map it as a text.`,
  };
}

/** Writes a number as a JSON literal: JSON has no `+5`, `.5` and `5.`. */
function literalOf(text: string): string {
  return text
    .replace("+", (sign, at) => (at === 0 ? "" : sign))
    .replace(/^(-?)\./, "$10.")
    .replace(/\.(?=$|[eE])/, "");
}

function checked(value: number, found: unknown): Converted<number> {
  if (!Number.isFinite(value)) return { problem: `${shown(found)} is beyond the range of JSON numbers.` };
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) return { problem: `${shown(found)} ${INEXACT}` };
  return { value };
}

/** @param yes @param no texts for true and false, in any case. */
export function boolOf(
  found: unknown,
  yes: readonly string[] = TRUE,
  no: readonly string[] = FALSE,
): Converted<boolean> {
  if (typeof found === "boolean") return { value: found };
  const text = String(shortest(found)).trim().toLowerCase();
  if (yes.some((word) => word.toLowerCase() === text)) return { value: true };
  if (no.some((word) => word.toLowerCase() === text)) return { value: false };
  return { problem: `${shown(found)} is neither true (${yes.join(", ")}) nor false (${no.join(", ")}).` };
}

export function asText(found: unknown): Converted<string> {
  if (typeof found === "string") return { value: found };
  if (typeof found === "bigint" || typeof found === "boolean" || found instanceof WrittenNumber)
    return { value: String(found) };
  if (typeof found !== "number") return { problem: `${shown(found)} is not a text.` };
  const number = checked(found, found);
  return "problem" in number ? number : { value: String(found) };
}

/** A number as JavaScript writes it, for a value whose digits do not count: 1.0 is 1. */
export function shortest(found: unknown): unknown {
  return found instanceof WrittenNumber && isKept(found.literal) ? Number(found.literal) : found;
}

/** Any value as a text: a text as it is, lists and objects as their JSON, numbers with their digits. */
export function jsonText(found: unknown): Converted<string> {
  if (typeof found !== "object" || found === null || found instanceof WrittenNumber) return asText(found);
  const json = written(found);
  return "problem" in json ? json : { value: json.value };
}

function written(found: unknown): Converted<string> {
  if (typeof found === "string" || found === null) return { value: JSON.stringify(found) };
  if (ArrayBuffer.isView(found)) return { problem: "has bytes, which JSON cannot represent." };
  if (typeof found !== "object" || found instanceof WrittenNumber) return asText(found);
  const names = Array.isArray(found) ? null : Object.keys(found);
  const parts: string[] = [];
  for (const [index, inner] of Object.values(found).entries()) {
    const json = inner === undefined ? { value: "null" } : written(inner);
    if ("problem" in json) return json;
    parts.push(names === null ? json.value : `${JSON.stringify(names[index])}:${json.value}`);
  }
  return { value: names === null ? `[${parts.join()}]` : `{${parts.join()}}` };
}

/** Parses a text as JSON. A number that would become another one is an error. */
export function jsonOf(found: string): Converted {
  let value: unknown;
  try {
    value = parseExactly(found);
  } catch {
    return { problem: "is not valid JSON." };
  }
  const changed = changedNumber(value, []);
  if (changed === null) return { value: JSON.parse(found) as unknown };
  const { path, literal } = changed;
  const shownLiteral = literal.length > MAX_SHOWN ? `${literal.slice(0, MAX_SHOWN)}…` : literal;
  return {
    problem:
      `${path.length === 0 ? "" : `${pointerTo(path)}: `}${shownLiteral} is not kept exactly as a JSON number: ` +
      `it would be read as ${Number(literal)}. Send it as a text.`,
  };
}

/** The first number in a value that JSON.parse would change. */
function changedNumber(
  value: unknown,
  path: readonly PropertyKey[],
): { path: readonly PropertyKey[]; literal: string } | null {
  if (value instanceof WrittenNumber) return isKept(value.literal) ? null : { path, literal: value.literal };
  if (typeof value !== "object" || value === null) return null;
  for (const [name, inner] of Object.entries(value)) {
    const changed = changedNumber(inner, [...path, name]);
    if (changed !== null) return changed;
  }
  return null;
}

/** The value without conversion, where JSON can represent it. */
export function plain(found: unknown): Converted {
  if (typeof found === "bigint" || typeof found === "number") return checked(Number(found), found);
  if (found instanceof WrittenNumber) return numberOf(found, ".");
  if (Array.isArray(found)) {
    const items = found.map(plain);
    return (
      items.find((item) => "problem" in item) ?? { value: items.map((item) => ("value" in item ? item.value : null)) }
    );
  }
  if (ArrayBuffer.isView(found)) return { problem: "has bytes, which JSON cannot represent." };
  if (typeof found !== "object" || found === null) return { value: found };
  const pairs: [string, unknown][] = [];
  for (const [name, inner] of Object.entries(found)) {
    const made = plain(inner);
    if ("problem" in made) return { problem: `${name}: ${made.problem}` };
    pairs.push([name, made.value]);
  }
  return { value: Object.fromEntries(pairs) };
}

function shown(found: unknown): string {
  const isWritten = typeof found === "bigint" || found instanceof WrittenNumber;
  const text = isWritten ? String(found) : (JSON.stringify(found) ?? String(found));
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}
