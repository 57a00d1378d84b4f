/** Refuses settings that are wrong in production, before anything is made. */

import { databasesOf, settingsOf, SPACE_BINDING } from "../config.ts";
import type { Deployment } from "../deployment.ts";
import { invalidSettings, refusedSettings, unknownSettings } from "../refusals.ts";
import { OPTIONAL_SECRETS, REQUIRED_SECRETS } from "../secret-names.ts";
import type { Step } from "../steps.ts";
import { recoverPlace } from "./databases.ts";

interface Binding {
  name: string;
  type: string;
  text?: string;
}

export function settingSteps(deployment: Deployment): Step[] {
  return [
    {
      name: "settings",
      async look() {
        const recovered = await recoverSettings(deployment);
        await recoverPlace(deployment);
        checkSettings(deployment);
        deployment.save({});
        const names = Object.keys(deployment.installation.vars).join(", ");
        if (names === "") return { found: "found: those of wrangler.toml" };
        return { found: `found: wrangler.toml, and ${recovered ? "as the Worker has them" : "your own"}: ${names}` };
      },
    },
  ];
}

/** @throws Error that names every setting that is refused. Secrets of the environment are checked with them. */
export function checkSettings(deployment: Deployment): void {
  const { tracked, installation } = deployment;
  const { environment } = deployment.options;
  const settings = settingsOf(tracked, environment, installation);
  const databases = databasesOf(tracked, environment, installation.spaceDatabases).map(({ binding }) => binding);
  const secrets = Object.fromEntries(
    [...REQUIRED_SECRETS, ...OPTIONAL_SECRETS].flatMap((name) => {
      const value = deployment.secrets.get(name) ?? process.env[name] ?? "";
      return value === "" ? [] : [[name, value]];
    }),
  );
  const all = { ...settings, ...secrets };
  const wrong = [
    ...unknownSettings(installation.vars, tracked.vars, databases),
    ...refusedSettings(all),
    ...invalidSettings(withoutHalves(all)),
  ];
  if (wrong.length > 0) throw new Error(["these cannot be deployed:", ...wrong].join("\n  "));
}

/**
 * Without the settings of the identity that assumes roles: its key may be at the Worker already, where it cannot be
 * read, and its ARN without a key would be refused.
 */
function withoutHalves(all: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(all).filter(([name]) => !name.startsWith("AWS_")));
}

/**
 * Where the installation's file was lost, the Worker keeps the settings and the databases that it has: a setting that
 * differs from wrangler.toml was chosen. @returns whether some were found.
 */
async function recoverSettings(deployment: Deployment): Promise<boolean> {
  if (deployment.recorded) return false;
  const settings = await deployment.api.find<{ bindings?: Binding[] }>(deployment.script("/settings"));
  const bindings = settings?.bindings ?? [];
  const { tracked, options, installation } = deployment;
  const defaults = settingsOf(tracked, options.environment, installation);
  const differing = bindings.filter(
    ({ name, type, text }) => type === "plain_text" && defaults[name] !== undefined && defaults[name] !== text,
  );
  const databases = bindings.filter(({ name, type }) => type === "d1" && name.startsWith(SPACE_BINDING)).length;
  const found = Object.fromEntries(differing.map(({ name, text }) => [name, text ?? ""]));
  deployment.save({
    vars: { ...found, ...installation.vars },
    spaceDatabases: Math.max(databases, installation.spaceDatabases),
  });
  return differing.length > 0;
}
