/**
 * The operator's token of an installation. The Worker does not give it back: a token that the command makes is saved
 * among the logins of the command line, in a file that the user alone may read, so that `npx spillway spaces` has it.
 */

import { homedir } from "node:os";
import { loginsPath, readLogins, withOperator, withoutOperator, writeLogins } from "../../client/src/cli/logins.ts";

const path = (): string => loginsPath({ env: process.env, home: homedir() });

/** @returns ADMIN_TOKEN of the environment, else the token that was saved for the address; null without one. */
export function readAdminToken(origin: string | null): string | null {
  const given = process.env["ADMIN_TOKEN"] ?? "";
  if (given !== "") return given;
  return origin === null ? null : (readLogins(path()).operators?.[origin] ?? null);
}

export function saveAdminToken(origin: string, token: string): void {
  writeLogins(path(), withOperator(readLogins(path()), origin, token));
}

export function forgetAdminToken(origin: string): void {
  const saved = readLogins(path());
  if (saved.operators?.[origin] !== undefined) writeLogins(path(), withoutOperator(saved, origin));
}

/** @returns where the saved token is. */
export function adminTokenPlace(): string {
  return path();
}
