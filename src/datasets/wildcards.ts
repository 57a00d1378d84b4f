/** `event_names`: names and patterns in which `*` matches any number of characters. */

import * as z from "zod";
import { type Fault, invalid } from "../errors.ts";
import { didYouMean } from "../suggestion.ts";

export const MAX_NAMES = 200;

const EventName = z
  .string()
  .regex(
    /^[A-Za-z0-9_*]{1,128}$/,
    "An event name has 1 to 128 letters, digits and underscores; * matches any of them.",
  );

/** The parameter. */
export const EventNames = z.array(EventName).min(1).max(MAX_NAMES);

/** The fault of an id that the space has no definition of. @param known the ids of its definitions. */
export const unknownDefinition = (id: string, known: Iterable<string>): string =>
  `The space has no event definition ${id}.${didYouMean(id, known)}`;

/**
 * The ids of the definitions that names and patterns match, each once, sorted by id.
 * @param known every definition of the space.
 * @param warn is told of each pattern that matches none.
 * @throws invalid_request for an unknown name, and for more than 200 definitions.
 */
export function expandNames(
  patterns: readonly string[],
  known: readonly string[],
  warn: (warning: Fault) => void = () => {},
): string[] {
  const ids = new Set(known);
  const chosen = new Set<string>();
  const faults: Fault[] = [];
  for (const [index, pattern] of patterns.entries()) {
    if (!pattern.includes("*")) {
      if (ids.has(pattern)) chosen.add(pattern);
      else faults.push({ pointer: `/event_names/${index}`, detail: unknownDefinition(pattern, known) });
      continue;
    }
    const matching = known.filter((id) => matches(pattern, id));
    for (const id of matching) chosen.add(id);
    if (matching.length === 0)
      warn({ pointer: `/event_names/${index}`, detail: `No event definition of the space matches ${pattern}.` });
  }
  if (faults.length > 0) throw invalid(...faults);
  if (chosen.size > MAX_NAMES)
    throw invalid({
      pointer: "/event_names",
      detail: `event_names matches ${chosen.size} event definitions; the maximum is ${MAX_NAMES}. Leave event_names out for every event.`,
    });
  return [...chosen].toSorted();
}

/** Greedy from the left: at most pattern length × name length steps. */
export function matches(pattern: string, name: string): boolean {
  const parts = pattern.split("*");
  const head = parts[0] ?? "";
  const tail = parts.at(-1) ?? "";
  if (parts.length === 1) return pattern === name;
  if (name.length < head.length + tail.length || !name.startsWith(head) || !name.endsWith(tail)) return false;
  let at = head.length;
  const end = name.length - tail.length;
  for (const part of parts.slice(1, -1)) {
    const found = name.indexOf(part, at);
    if (found === -1 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}
