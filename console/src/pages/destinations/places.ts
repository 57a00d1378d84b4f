/**
 * Which step of the wizard has the field of which problem, and which problem of the policies' call is about which
 * field.
 */

import type { Fault } from "spillway-client";
import { unplacedFaults } from "../../ui/problems.ts";

/** The fields of the step "Where". */
export const WHERE_POINTERS = [
  "/name",
  "/provider",
  "/bucket",
  "/region",
  "/endpoint",
  "/directory_path",
  "/encryption",
  "/path_style",
  "/storage_class",
  "/key_template",
  "/auth/type",
] as const;

/** The fields of the step "Access". */
export const ACCESS_POINTERS = ["/auth/role_arn", "/auth/access_key_id", "/auth/secret_access_key"] as const;

export const STEP = { where: 0, access: 1, create: 2, test: 3 } as const;

/** The first step that has a field for any of the problems; where none has, they are shown beside the button. */
export function stepOfFaults(faults: readonly Fault[]): number {
  const hasSome = (pointers: readonly string[]) => unplacedFaults(faults, pointers).length < faults.length;
  if (hasSome(WHERE_POINTERS)) return STEP.where;
  return hasSome(ACCESS_POINTERS) ? STEP.access : STEP.create;
}

const OF_QUERY: Readonly<Record<string, string>> = {
  "#query/bucket": "/bucket",
  "#query/directory_path": "/directory_path",
  "#query/kms_key_arn": "/encryption/kms_key_id",
};

/** The problems of the policies' query at the fields that the query was made of. */
export const asBodyFaults = (faults: readonly Fault[]): readonly Fault[] =>
  faults.map(({ pointer, detail }) => ({ pointer: OF_QUERY[pointer] ?? pointer, detail }));
