/** The problems of a request at the fields that they are about: the service names each by a JSON pointer. */

import type { Fault } from "spillway-client";

/**
 * What is wrong with a field, or with something below it; undefined where nothing is.
 * @param pointer the field's place in the body, such as `/auth/role_arn`.
 */
export function faultAt(faults: readonly Fault[], pointer: string): string | undefined {
  const details = faults.filter((fault) => isWithin(fault.pointer, pointer)).map(({ detail }) => detail);
  return details.length === 0 ? undefined : details.join(" ");
}

/** The faults that none of these fields shows. */
export const unplacedFaults = (faults: readonly Fault[], pointers: readonly string[]) =>
  faults.filter((fault) => !pointers.some((pointer) => isWithin(fault.pointer, pointer)));

const isWithin = (place: string, pointer: string) => place === pointer || place.startsWith(`${pointer}/`);
