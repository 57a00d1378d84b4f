/** Prints why the suite is skipped, or fails where it must not be skipped. */

import { installation, missingPrograms } from "../../scripts/peers/gateway.ts";

export default function setup(): void {
  if (missingPrograms().length === 0) return;
  if (process.env["SPILLWAY_INTEROP"] === "required") throw new Error(`the interop suite must run: ${installation()}`);
  process.stderr.write(`The interop suite is skipped. ${installation()}\n`);
}
