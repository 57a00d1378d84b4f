/**
 * The names of an installation's resources. Each is derived from the name of its environment, so that environments
 * can share an account, and a run finds what an earlier run made.
 */

/** The environment whose resources have the names of wrangler.toml. */
export const PRODUCTION = "production";

const ENVIRONMENT_NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
/** A bucket's name has at most 63 characters, and a queue's too. */
const MAX_LENGTH = 30;
const PREFIX = "spillway";

/** @throws Error for what is no name of an environment. @returns the name. */
export function environmentName(text: string): string {
  if (ENVIRONMENT_NAME.test(text) && text.length <= MAX_LENGTH) return text;
  throw new Error(
    `--env ${JSON.stringify(text)} is no name of an environment: it has at most ${MAX_LENGTH} lower-case letters, digits ` +
      "and hyphens, and begins with a letter.",
  );
}

/** @param tracked a name in wrangler.toml. @returns the name that it has in that environment. */
export function nameIn(environment: string, tracked: string): string {
  if (environment === PRODUCTION) return tracked;
  return tracked.replace(new RegExp(`^${PREFIX}(?=-|$)`), `${PREFIX}-${environment}`);
}

/** @returns the name of a dataset of Analytics Engine, which SQL reads without quotes. */
export function datasetIn(environment: string, tracked: string): string {
  return nameIn(environment, tracked).replaceAll("-", "_");
}
