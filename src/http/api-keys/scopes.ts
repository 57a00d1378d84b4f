/** A key makes keys, and links to the portal, of its own scopes alone. */

import { SpillwayError } from "../../errors.ts";
import type { Scope } from "../route.ts";

/** @throws forbidden naming each scope that the maker of the key or link lacks. */
export function refuseForeignScopes(own: readonly Scope[], wanted: readonly Scope[]): void {
  const faults = wanted.flatMap((scope, index) =>
    own.includes(scope)
      ? []
      : [{ pointer: `/scopes/${index}`, detail: `The key that makes this call lacks the scope ${scope}.` }],
  );
  if (faults.length === 0) return;
  const lacking = wanted.filter((scope) => !own.includes(scope)).join(", ");
  throw new SpillwayError(
    "forbidden",
    `A key cannot give scopes that it lacks: ${lacking}. Leave them out, or use a key that has them.`,
    { faults },
  );
}
