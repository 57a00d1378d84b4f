/** Says why the suite is skipped where it is, or refuses to run without it where it must not be. */

import { installation, missingPrograms } from "../../scripts/peers/gateway.ts";

export default function setup(): void {
  if (missingPrograms().length === 0) return;
  if (process.env["SPILLWAY_INTEROP"] === "required") throw new Error(`the interop suite must run: ${installation()}`);
  process.stderr.write(`The interop suite is skipped. ${installation()}\n`);
}
