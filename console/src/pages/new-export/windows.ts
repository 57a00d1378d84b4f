/**
 * The window of a dataset's request: which of its fields are its bounds. Some datasets have a choice between several.
 */

import type { DatasetSchema } from "../../export-schema.ts";

/** The fields of a window: its start and its end, or its only day. */
export type WindowFields = readonly [start: string, end: string] | readonly [day: string];

const WINDOWS: readonly WindowFields[] = [
  ["start", "end"],
  ["from", "to"],
  ["start_at", "end_at"],
  ["date"],
  ["start_date", "end_date"],
];

/** The windows that a dataset's request may have, in the order of the document. */
export function windowsOf({ fields }: DatasetSchema): WindowFields[] {
  const order = Object.keys(fields);
  return WINDOWS.filter((names) => names.every((name) => name in fields)).toSorted(
    ([one], [other]) => order.indexOf(one) - order.indexOf(other),
  );
}

/** Names a window in the form's state. */
export const keyOf = (names: WindowFields) => names.join("/");

/** The chosen window; the first where none is chosen. Undefined where the dataset has none. */
export function chosenWindow(dataset: DatasetSchema, chosen: string): WindowFields | undefined {
  const windows = windowsOf(dataset);
  return windows.find((names) => keyOf(names) === chosen) ?? windows[0];
}

/** Whether a request without the window is refused. With a choice between several, one is needed. */
export function isWindowRequired(dataset: DatasetSchema): boolean {
  const windows = windowsOf(dataset);
  return windows.length > 1 || windows.some((names) => names.some((name) => dataset.required.includes(name)));
}
