/** The arguments of `npm run deploy` and what they mean for the installation's file. */

import { parseArgs, type ParseArgsConfig } from "node:util";
import { type Installation, JURISDICTIONS, LOCATIONS } from "./installation.ts";
import { environmentName, PRODUCTION } from "./names.ts";
import { isSecretName, OPTIONAL_SECRETS, REQUIRED_SECRETS, type SecretName } from "./secret-names.ts";

export interface Options {
  environment: string;
  plan: boolean;
  /** Asks nothing. */
  yes: boolean;
  /** Percentages of the calls that the new version gets, one after the other; empty: all at once. */
  gradual: readonly number[];
  /** How long each percentage is watched. */
  holdSeconds: number;
  /** How long the smoke test waits for the address, and for its export; null: as long as each needs. */
  waitSeconds: number | null;
  /** The name or id of the account. */
  account: string | null;
  /** Secrets that are replaced. */
  replaced: ReadonlySet<SecretName>;
  /** What the arguments say of the installation. */
  installation: Partial<Installation>;
}

export const USAGE = `npm run deploy [-- OPTIONS]

  --env NAME               the environment (production): its resources have names of their own
  --plan                   show what would be done, and change nothing
  --account NAME|ID        the account at Cloudflare, where there are several
  --domain HOST            the service's address, in a zone of the account
  --workers-dev            answer at the workers.dev address (too)
  --jurisdiction eu        keep databases and bucket there (${JURISDICTIONS.join(", ")}); fixed once they are made
  --location weur          or only place them there (${LOCATIONS.join(", ")})
  --space-databases N      share the spaces among N databases
  --var NAME:VALUE         a setting that differs from wrangler.toml; NAME: without a value takes it back
  --secret NAME            replace a secret by NAME in the environment, or ask for it
  --new-admin-token        make another operator's token
  --gradual 10,50          give the new version 10 %, then 50 %, then all of the calls
  --hold SECONDS           how long each percentage is watched (60)
  --wait SECONDS           how long the smoke test waits for the address, and for its export (180; a domain: 600)
  --yes                    ask nothing

Secrets come from the environment, or are asked for: ADMIN_TOKEN, SECRETS_KEY, BUCKET_ACCESS_KEY_ID,
BUCKET_SECRET_ACCESS_KEY. CLOUDFLARE_API_TOKEN signs in without a browser.`;

const DEFAULT_STEPS = [10, 50];
const DEFAULT_HOLD_SECONDS = 60;
const MAX_SECONDS = 86_400;
const MAX_SPACE_DATABASES = 100;
const HOST_NAME = /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$/;

/**
 * @param args of the command. @param vars the installation's own settings so far.
 * @throws Error that says which argument is wrong, and what it must be.
 */
export function readOptions(args: readonly string[]): Options {
  const { values } = readArguments("deploy", {
    args: withDefaultSteps(args),
    options: {
      env: { type: "string", default: PRODUCTION },
      plan: { type: "boolean", default: false },
      yes: { type: "boolean", default: false },
      account: { type: "string" },
      domain: { type: "string" },
      "workers-dev": { type: "boolean" },
      jurisdiction: { type: "string" },
      location: { type: "string" },
      "space-databases": { type: "string" },
      var: { type: "string", multiple: true, default: [] },
      secret: { type: "string", multiple: true, default: [] },
      "new-admin-token": { type: "boolean", default: false },
      gradual: { type: "string" },
      hold: { type: "string" },
      wait: { type: "string" },
    },
  });
  const { domain, jurisdiction, location, "workers-dev": workersDev, "space-databases": databases } = values;
  if (jurisdiction !== undefined && location !== undefined)
    throw new Error("--jurisdiction and --location exclude each other: a jurisdiction says where the data is already.");
  return {
    environment: environmentName(values.env),
    plan: values.plan,
    yes: values.yes,
    gradual: values.gradual === undefined ? [] : percentages(values.gradual),
    holdSeconds: values.hold === undefined ? DEFAULT_HOLD_SECONDS : whole(values.hold, "--hold", 0, MAX_SECONDS),
    waitSeconds: values.wait === undefined ? null : whole(values.wait, "--wait", 1, MAX_SECONDS),
    account: values.account ?? null,
    replaced: new Set([
      ...values.secret.map(secretName),
      ...(values["new-admin-token"] ? (["ADMIN_TOKEN"] as const) : []),
    ]),
    installation: {
      ...(domain === undefined ? {} : { domain: hostName(domain) }),
      ...(workersDev === undefined ? {} : { workersDev }),
      ...(jurisdiction === undefined ? {} : { jurisdiction: oneOf(jurisdiction, JURISDICTIONS, "--jurisdiction") }),
      ...(location === undefined ? {} : { location: oneOf(location, LOCATIONS, "--location") }),
      ...(databases === undefined
        ? {}
        : { spaceDatabases: whole(databases, "--space-databases", 1, MAX_SPACE_DATABASES) }),
      ...(values.var.length === 0 ? {} : { vars: Object.fromEntries(values.var.map(setting)) }),
    },
  };
}

/** @returns the installation with what the arguments say. A setting without a value is wrangler.toml's again. */
export function withOptions(installation: Installation, { installation: asked }: Options): Installation {
  const vars = Object.entries({ ...installation.vars, ...asked.vars }).filter(([, value]) => value !== "");
  return { ...installation, ...asked, vars: Object.fromEntries(vars) };
}

/** @throws Error for what is no name of a host. @returns the name, in lower case. */
export function hostName(text: string): string {
  const name = text.toLowerCase();
  if (HOST_NAME.test(name)) return name;
  throw new Error(`The domain must be a host name, such as exports.example.com, not ${JSON.stringify(text)}.`);
}

/** As `parseArgs`. @throws Error for arguments that the command does not have, which says where they are listed. */
export function readArguments<Config extends ParseArgsConfig>(command: string, config: Config) {
  try {
    return parseArgs<Config>(config);
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message.replace(/\.?$/, ".") : String(thrown);
    throw new Error(`${why} This lists the options: npm run ${command} -- --help`, { cause: thrown });
  }
}

/** Whether the options are asked for. */
export const asksForHelp = (args: readonly string[]): boolean => args.includes("--help") || args.includes("-h");

/** `--gradual` may stand alone. */
function withDefaultSteps(args: readonly string[]): string[] {
  return args.flatMap((arg, n) => {
    const next = args[n + 1] ?? "--";
    return arg === "--gradual" && next.startsWith("--") ? [arg, DEFAULT_STEPS.join(",")] : [arg];
  });
}

function percentages(text: string): number[] {
  const steps = text.split(",").map((step) => whole(step.trim(), "--gradual", 1, 100));
  if (steps.some((step, n) => step <= (steps[n - 1] ?? 0)))
    throw new Error("--gradual must have rising percentages, such as 10,50.");
  return steps.filter((step) => step < 100);
}

function whole(text: string, option: string, min: number, max: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw new Error(`${option} must have whole numbers from ${min} to ${max}, not ${JSON.stringify(text)}.`);
}

function oneOf<Value extends string>(text: string, values: readonly Value[], option: string): Value {
  const value = values.find((each) => each === text);
  if (value === undefined)
    throw new Error(`${option} must be one of ${values.join(", ")}, not ${JSON.stringify(text)}.`);
  return value;
}

function secretName(name: string): SecretName {
  if (name === "SECRETS_KEY")
    throw new Error(
      "SECRETS_KEY is never replaced: what it encrypted could not be read any more. Add a newer key before it: " +
        "--secret SECRETS_KEY_NEXT",
    );
  if (isSecretName(name)) return name;
  const names = [...REQUIRED_SECRETS, ...OPTIONAL_SECRETS].filter((each) => each !== "SECRETS_KEY");
  throw new Error(`--secret ${JSON.stringify(name)}: there is no such secret. It may be ${names.join(", ")}.`);
}

function setting(text: string): [string, string] {
  const [, name, value] = /^([A-Z][A-Z0-9_]*):(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined)
    throw new Error("--var must be NAME:VALUE, with a name of docs/deploying.md (Settings), in capitals.");
  if (isSecretName(name))
    throw new Error(`${name} is a secret: set it in the environment, and name it: --secret ${name}`);
  return [name, value];
}
