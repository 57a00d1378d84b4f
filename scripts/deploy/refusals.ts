/** Settings that are right on a laptop and wrong in production. */

import { brokenRules } from "../stack/settings.ts";
import { SPACE_BINDING } from "./config.ts";

/** Hosts that only this machine, or its network, reaches. */
const LOCAL_HOST = /^(localhost|.*\.localhost|.*\.local|127\..*|0\.0\.0\.0|\[::1?\])$/;

/**
 * @param settings the installation's settings and the secrets that are to be stored.
 * @returns a sentence for each setting that is right on a laptop alone.
 */
export function refusedSettings(settings: Readonly<Record<string, string>>): string[] {
  const refused: string[] = [];
  if (settings["ALLOW_INSECURE_TARGETS"] === "true")
    refused.push("ALLOW_INSECURE_TARGETS is true: exports could be sent into private networks. Remove it.");
  const endpoint = settings["BUCKET_ENDPOINT"] ?? "";
  if (isLocal(endpoint))
    refused.push(`BUCKET_ENDPOINT is ${endpoint}: no machine of Cloudflare reaches it. Name the store's address.`);
  return refused;
}

/**
 * @param own the installation's own settings. @param tracked those of wrangler.toml. @param databases their bindings.
 * @returns a sentence for each that no Worker reads, and for a home of new spaces that there is not.
 */
export function unknownSettings(
  own: Readonly<Record<string, string>>,
  tracked: Readonly<Record<string, string>>,
  databases: readonly string[],
): string[] {
  const unknown = Object.keys(own)
    .filter((name) => !Object.hasOwn(tracked, name) && name !== "ALLOW_INSECURE_TARGETS")
    .map((name) => `${name}: there is no such setting; docs/deploying.md lists them. To take it back: --var ${name}:`);
  const home = own["DEFAULT_HOME"] ?? "";
  const homes = databases.filter((binding) => binding.startsWith(SPACE_BINDING)).map((binding) => `d1:${binding}`);
  if (!home.startsWith("d1:") || homes.includes(home)) return unknown;
  return [
    ...unknown,
    `DEFAULT_HOME is ${home}, and the installation has ${homes.join(", ")}. More databases: --space-databases`,
  ];
}

/** Whether an address is one that no machine of Cloudflare reaches. */
export const isLocal = (address: string): boolean =>
  URL.canParse(address) && LOCAL_HOST.test(new URL(address).hostname);

/**
 * @param settings as above; secrets that the Worker has already may be missing.
 * @returns a sentence for each setting that the Worker would not start with, as for a secret of local development. It
 * has no value of a secret.
 */
export function invalidSettings(settings: Readonly<Record<string, string>>): string[] {
  return brokenRules({ ...PLACEHOLDERS, ...settings }).map(({ sentence }) => sentence);
}

/** Valid values in place of secrets that the Worker has already: those cannot be read. */
const PLACEHOLDERS = {
  ADMIN_TOKEN: "x".repeat(32),
  SECRETS_KEY: `k1:${"A".repeat(43)}=`,
  BUCKET_ACCESS_KEY_ID: "x",
  BUCKET_SECRET_ACCESS_KEY: "x",
};
