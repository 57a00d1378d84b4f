/**
 * What stands between a destination's directory path and a file's name, from an export's own facts: `dt={date}/` gives
 * `dt=2026-01-15/`. Everything in it is known when the export is asked for, so a key is the same however often it is written.
 */

import { invalid } from "../../errors.ts";

export const VARIABLES = ["dataset", "date", "hour", "export_id", "event_name"] as const;

export type Variable = (typeof VARIABLES)[number];

const VARIABLE = /\{([^{}]*)\}/g;
const PLAIN = /^[A-Za-z0-9/_=.-]*$/;

/** What is wrong with a template, in words; null where nothing is. */
export function templateFault(template: string): string | null {
  const unknown = [...template.matchAll(VARIABLE)].map(([, name = ""]) => name).filter((name) => !isVariable(name));
  if (unknown.length > 0)
    return `There is no variable {${unknown[0]}}: the variables are ${VARIABLES.map((name) => `{${name}}`).join(", ")}.`;
  const plain = template.replaceAll(VARIABLE, "x");
  if (!PLAIN.test(plain)) return "A key template has letters, digits, / _ = . - and variables.";
  return pathFault(plain);
}

/** What is wrong with the steps of a path: nothing may lead out of it, and no address may be written in two ways. */
export function pathFault(path: string): string | null {
  if (path.startsWith("/")) return "must not begin with a slash.";
  if (path.includes("..")) return "must not have two full stops in a row.";
  if (path.split("/").includes(".")) return "must not have a step that is a full stop.";
  return null;
}

/** With a slash at its end, unless it is empty. */
export const asDirectory = (path: string): string => (path === "" || path.endsWith("/") ? path : `${path}/`);

/** What an export knows of itself. */
export interface Facts {
  dataset: string;
  exportId: string;
  /** Where its window begins, epoch ms; 0 when it has none. */
  start: number;
  /** As asked for. */
  eventNames: readonly string[];
}

/** @throws invalid_request for a variable that this export has no value for. */
export function expand(template: string, facts: Facts, pointer: string): string {
  const start = new Date(facts.start).toISOString();
  const [eventName, ...more] = facts.eventNames;
  const single = more.length === 0 && eventName?.includes("*") === false ? eventName : null;
  const values: Record<Variable, string | null> = {
    dataset: facts.dataset,
    export_id: facts.exportId,
    date: facts.start === 0 ? null : start.slice(0, 10),
    hour: facts.start === 0 ? null : start.slice(11, 13),
    event_name: single,
  };
  return template.replaceAll(VARIABLE, (_, name: string) => {
    const value = isVariable(name) ? values[name] : null;
    if (value !== null) return value;
    const detail =
      name === "event_name"
        ? "The destination's key template has {event_name}: ask for exactly one event name, without *."
        : `The destination's key template has {${name}}, and this dataset has no window.`;
    throw invalid({ pointer, detail });
  });
}

function isVariable(name: string): name is Variable {
  return (VARIABLES as readonly string[]).includes(name);
}
