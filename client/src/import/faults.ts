/** The faults of a refused call, by the item of the list that was sent. */

import type { Fault } from "../errors.ts";

/**
 * `/events/3/properties/amount` → 3, with `/properties/amount`.
 * @param list the member of the body that has the items.
 * @returns none where a fault concerns the call as a whole.
 */
export function faultsByItem(list: "events" | "profiles", faults: readonly Fault[]): Map<number, Fault[]> {
  const found = new Map<number, Fault[]>();
  for (const { pointer, detail } of faults) {
    const [empty, name, index = "", ...rest] = pointer.split("/");
    if (empty !== "" || name !== list || !/^\d{1,9}$/.test(index)) return new Map();
    const own = found.get(Number(index)) ?? [];
    own.push({ pointer: rest.map((token) => `/${token}`).join(""), detail });
    found.set(Number(index), own);
  }
  return found;
}
