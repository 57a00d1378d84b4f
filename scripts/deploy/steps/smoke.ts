/** The smoke test of the deployed version, and the way back where it fails. */

import { needAdminToken } from "../admin-token.ts";
import type { Deployment } from "../deployment.ts";
import { smokeTest } from "../smoke-test.ts";
import type { Step } from "../steps.ts";
import { goBack } from "./code.ts";

export function smokeSteps(deployment: Deployment): Step[] {
  return [
    {
      name: "smoke test",
      async look() {
        const { version, installation } = deployment;
        if (version !== null && version === installation.tested) return { found: "passed before, with this version" };
        return {
          due: "make a space, a profile, an event and an export, check its SHA-256, delete the space",
          act: () => test(deployment),
        };
      },
    },
  ];
}

async function test(deployment: Deployment): Promise<string> {
  const { tested } = deployment.installation;
  // A version that stands is not left for want of a token.
  await needAdminToken(deployment);
  try {
    await smokeTest(deployment);
  } catch (thrown) {
    // The run that deployed this version was killed: the version that passed is the one to go back to.
    if (tested !== null && tested !== deployment.version) deployment.before ??= tested;
    throw await goBack(deployment, thrown);
  }
  deployment.save({ tested: deployment.version });
  return "passed: space, profile, event, export, SHA-256, deletion";
}
