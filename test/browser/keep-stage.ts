/**
 * `node test/browser/keep-stage.ts`: keeps the suite's service and browser, so that a test under work starts at once:
 * `BROWSER_DOOR=… npm test -- test/browser/….test.ts`. Ctrl-C ends them.
 */

import { openDoor } from "./stage.ts";

const door = await openDoor();
const response = await fetch(door.address);
console.log(await response.text());
if (response.ok) console.log(`BROWSER_DOOR=${door.address} npm test -- test/browser`);
else await door.close();
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => void door.close().then(() => process.exit(0)));
