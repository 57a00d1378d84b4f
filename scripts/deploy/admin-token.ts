/**
 * The operator's token of an installation. The Worker does not give it back: a token that the command makes is saved
 * among the logins of the command line, in a file that the user alone may read, so that `npx spillway spaces` has it.
 */

import { homedir } from "node:os";
import { loginsPath, readLogins, withOperator, withoutOperator, writeLogins } from "../../client/src/cli/logins.ts";
import type { Deployment } from "./deployment.ts";

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

/**
 * The smoke test needs the operator's token, so the operator is asked for it before anything changes.
 * @throws Error without a terminal to ask at.
 */
export async function needAdminToken(deployment: Deployment): Promise<void> {
  const { operator, origin } = deployment;
  if (deployment.adminToken !== null) return;
  if (!operator.answers)
    throw new Error(
      "the smoke test needs the operator's token: set ADMIN_TOKEN in the environment. Where it is lost: " +
        "--new-admin-token",
    );
  deployment.adminToken = await operator.askSecret(`The operator's token of ${origin}, for the smoke test`);
}

/** @returns where the saved token is. */
export function adminTokenPlace(): string {
  return path();
}
