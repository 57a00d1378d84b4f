/**
 * Key templates: the part of a key between a destination's directory path and the file's name, filled with facts of the
 * export. `dt={date}/` becomes `dt=2026-01-15/`. Every fact is known when the export is created, so a repeated step
 * writes the same key.
 */

import { invalid } from "../../errors.ts";

export const VARIABLES = ["dataset", "date", "hour", "export_id", "event_name"] as const;

export type Variable = (typeof VARIABLES)[number];

const VARIABLE = /\{([^{}]*)\}/g;
const PLAIN = /^[A-Za-z0-9/_=.-]*$/;

/** A sentence about the template's first fault; null for a valid template. */
export function templateFault(template: string): string | null {
  const unknown = [...template.matchAll(VARIABLE)].map(([, name = ""]) => name).filter((name) => !isVariable(name));
  if (unknown.length > 0)
    return `The variable {${unknown[0]}} is unknown: the variables are ${VARIABLES.map((name) => `{${name}}`).join(", ")}.`;
  const plain = template.replaceAll(VARIABLE, "x");
  if (!PLAIN.test(plain)) return "A key template may contain only letters, digits, / _ = . - and variables.";
  return pathFault(plain);
}

/** A path's first fault; null for a valid path. No step may lead upwards, and two spellings may not mean one key. */
export function pathFault(path: string): string | null {
  if (path.startsWith("/")) return "must not begin with a slash.";
  if (path.includes("..")) return "must not contain two full stops in a row.";
  if (path.split("/").includes(".")) return "must not contain a step that is a single full stop.";
  return null;
}

/** With a slash at its end, unless it is empty. */
export const asDirectory = (path: string): string => (path === "" || path.endsWith("/") ? path : `${path}/`);

/** The facts of an export that a template may contain. */
export interface Facts {
  dataset: string;
  exportId: string;
  /** The start of the export's window, epoch ms; 0 when the dataset has no window. */
  start: number;
  /** The first requested day, as `YYYY-MM-DD`, where the request names days. */
  firstDay?: string | undefined;
  /** As requested, with wildcards. */
  eventNames: readonly string[];
}

/** @param pointer for the error. @throws invalid_request for a variable without a value for this export. */
export function expand(template: string, facts: Facts, pointer: string): string {
  const start = new Date(facts.start).toISOString();
  const [eventName, ...more] = facts.eventNames;
  const single = more.length === 0 && eventName?.includes("*") === false ? eventName : null;
  const values: Record<Variable, string | null> = {
    dataset: facts.dataset,
    export_id: facts.exportId,
    date: facts.start === 0 ? null : (facts.firstDay ?? start.slice(0, 10)),
    hour: facts.start === 0 ? null : facts.firstDay === undefined ? start.slice(11, 13) : "00",
    event_name: single,
  };
  return template.replaceAll(VARIABLE, (_, name: string) => {
    const value = isVariable(name) ? values[name] : null;
    if (value !== null) return value;
    const detail =
      name === "event_name"
        ? "The destination's key template contains {event_name}: ask for exactly one event name, without *."
        : `The destination's key template contains {${name}}, but this dataset has no window: use another destination.`;
    throw invalid({ pointer, detail });
  });
}

function isVariable(name: string): name is Variable {
  return (VARIABLES as readonly string[]).includes(name);
}
