/** A segment's rule as a person writes it: JSON in a text. Pure. */

import type { Segment } from "spillway-client";

type Rule = Segment["rule"];

/** Lines below this length are not broken further. */
const MAX_LINE = 76;
const INDENT = "  ";

/** JSON in which what is short stands in one line, so that a rule of several conditions reads as a list. */
export function readable(value: unknown, indent = ""): string {
  const line = oneLine(value);
  if (indent.length + line.length <= MAX_LINE || typeof value !== "object" || value === null) return line;
  const deeper = indent + INDENT;
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  const entries = Array.isArray(value)
    ? value.map((each) => readable(each, deeper))
    : Object.entries(value).map(([name, each]) => `${JSON.stringify(name)}: ${readable(each, deeper)}`);
  return `${open}\n${entries.map((entry) => deeper + entry).join(",\n")}\n${indent}${close}`;
}

function oneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(oneLine).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  if (entries.length === 0) return "{}";
  return `{ ${entries.map(([name, each]) => `${JSON.stringify(name)}: ${oneLine(each)}`).join(", ")} }`;
}

/** @returns the rule, whose form the service checks; else what is wrong with the text, in the browser's words. */
export function parseRule(text: string): { rule: Rule } | { fault: string } {
  try {
    return { rule: JSON.parse(text) as Rule };
  } catch (thrown) {
    return { fault: thrown instanceof Error ? thrown.message : String(thrown) };
  }
}

/** What a segment may begin as. */
export const EXAMPLE: Rule = {
  all: [
    { attribute: "tier", op: "in", value: ["gold", "platinum"] },
    { event: "order_placed", within_days: 30, at_least: 2 },
    { none: [{ tag: "staff" }] },
  ],
};
