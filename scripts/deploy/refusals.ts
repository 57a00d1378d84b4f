/** Settings that are right on a laptop and wrong in production. */

import { settingProblems } from "../stack/settings.ts";

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

/** Whether an address is one that no machine of Cloudflare reaches. */
export const isLocal = (address: string): boolean =>
  URL.canParse(address) && LOCAL_HOST.test(new URL(address).hostname);

/**
 * @param settings as above; secrets that the Worker has already may be missing.
 * @returns a sentence for each setting that the Worker would not start with, as for a secret of local development. It
 * has no value of a secret.
 */
export function invalidSettings(settings: Readonly<Record<string, string>>): string[] {
  return settingProblems({ files: [], example: "", defaults: { ...PLACEHOLDERS, ...settings }, overrides: {} });
}

/** Stand for secrets that the Worker has already and nobody can read. */
const PLACEHOLDERS = {
  ADMIN_TOKEN: "x".repeat(32),
  SECRETS_KEY: `k1:${"A".repeat(43)}=`,
  BUCKET_ACCESS_KEY_ID: "x",
  BUCKET_SECRET_ACCESS_KEY: "x",
};
