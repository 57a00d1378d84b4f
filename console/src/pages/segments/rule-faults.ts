/** What is wrong in a segment's rule, each with its place: `all/1/value: must be …`, one a line. Pure. */

import type { Fault } from "spillway-client";

const RULE = /^\/rule(?:\/(.+))?$/;

/** @returns undefined where nothing is wrong in the rule. */
export function ruleFaults(faults: readonly Fault[]): string | undefined {
  const lines = faults.flatMap(({ pointer, detail }) => {
    const place = RULE.exec(pointer);
    if (place === null) return [];
    return [place[1] === undefined ? detail : `${place[1]}: ${detail}`];
  });
  return lines.length === 0 ? undefined : lines.join("\n");
}
