/** Opens the door to the stage for a run. Without Chromium the suite is skipped, and says so. */

import { existsSync } from "node:fs";
import type { TestProject } from "vitest/node";
import { CHROMIUM, openDoor } from "./stage.ts";

const INSTALLATION = "Install Debian's package chromium.";

export async function setup(project: TestProject) {
  if (!existsSync(CHROMIUM)) {
    if (process.env["SPILLWAY_INTEROP"] === "required") throw new Error(`The browser suite must run. ${INSTALLATION}`);
    process.stderr.write(`The browser suite is skipped. ${INSTALLATION}\n`);
    project.provide("browserDoor", null);
    return undefined;
  }
  // Of a stage that keep-stage.ts keeps.
  const kept = process.env["BROWSER_DOOR"];
  const door = kept === undefined ? await openDoor() : { address: kept, close: async () => {} };
  project.provide("browserDoor", door.address);
  return door.close;
}
