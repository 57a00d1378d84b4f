/**
 * What belongs to one installation and to no other: its account, its address, where its data is, its own settings. A
 * file that git ignores keeps it, `installations/<environment>.jsonc`. It has no secret and no id of a resource: those
 * are found by name.
 */

import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { ROOT } from "../stack.ts";

export const JURISDICTIONS = ["eu", "us", "fedramp"] as const;
export const LOCATIONS = ["wnam", "enam", "weur", "eeur", "apac", "oc"] as const;

export type Jurisdiction = (typeof JURISDICTIONS)[number];

/** Destinations of OpenTelemetry by the names that they have in the account. */
export interface Telemetry {
  logs: readonly string[];
  traces: readonly string[];
  /** Whether Cloudflare keeps them too. */
  persist: boolean;
  /** The part of invocations that is traced, from 0 to 1; null: that of wrangler.toml. */
  traced: number | null;
}

export interface Installation {
  /** The id of the account at Cloudflare. */
  account: string | null;
  /** The host name of the service, in a zone of the account. */
  domain: string | null;
  /** Whether the service answers at its workers.dev address too. */
  workersDev: boolean;
  /** Where the databases and the bucket must be. Fixed when they are made. */
  jurisdiction: Jurisdiction | null;
  /** Where the databases and the bucket are best. Fixed when they are made. */
  location: string | null;
  /** How many D1 databases spaces share. */
  spaceDatabases: number;
  /** Settings that differ from those of wrangler.toml. */
  vars: Readonly<Record<string, string>>;
  /** Where logs and traces go beside, or instead of, Cloudflare's own store. */
  telemetry: Telemetry;
  /** The version of the Worker whose smoke test passed last. */
  tested: string | null;
}

export const NEW_INSTALLATION: Installation = {
  account: null,
  domain: null,
  workersDev: false,
  jurisdiction: null,
  location: null,
  spaceDatabases: 1,
  vars: {},
  telemetry: { logs: [], traces: [], persist: true, traced: null },
  tested: null,
};

/** @returns the folder of installations; SPILLWAY_INSTALLATIONS chooses another one. */
export function installationsFolder(): string {
  return resolve(ROOT, process.env["SPILLWAY_INSTALLATIONS"] ?? "installations");
}

/** @returns the path of the installation's file. */
export function installationPath(environment: string): string {
  return join(installationsFolder(), `${environment}.jsonc`);
}

/** @returns the path of the configuration that wrangler gets, which each run writes again. */
export function wranglerConfigPath(environment: string): string {
  return join(installationsFolder(), `${environment}.wrangler.json`);
}

/** @returns null where there is no file. @throws Error for a file that is not one of these. */
export function readInstallation(environment: string): Installation | null {
  const path = installationPath(environment);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw thrown;
  }
  try {
    const read = JSON.parse(text.replaceAll(/^\s*\/\/.*$/gm, "")) as Partial<Installation>;
    const telemetry = { ...NEW_INSTALLATION.telemetry, ...read.telemetry };
    return { ...NEW_INSTALLATION, ...read, telemetry };
  } catch {
    throw new Error(`${path} is no JSON. Correct it, or remove it: the next run finds the installation by its names.`);
  }
}

/** Writes the file at once: a run that is killed leaves the file of before. */
export function writeInstallation(environment: string, installation: Installation): void {
  writeWhole(installationPath(environment), `${head(environment)}${JSON.stringify(installation, null, 2)}\n`);
}

/** Writes a file in the folder of installations, at once. */
export function writeWhole(path: string, text: string): void {
  mkdirSync(installationsFolder(), { recursive: true });
  const fresh = `${path}.${process.pid}`;
  try {
    writeFileSync(fresh, text);
    renameSync(fresh, path);
  } finally {
    rmSync(fresh, { force: true });
  }
}

function head(environment: string): string {
  return [
    `The installation "${environment}" of Spillway. Written by: npm run deploy -- --env ${environment}`,
    "Git ignores this file. It has no secret. Where it is lost, the next run finds the installation by its names.",
    'You may change "domain", "workersDev", "spaceDatabases" (only upwards), "vars" and "telemetry": the next run',
    "applies them.",
    '"vars" has the settings that differ from [vars] in wrangler.toml: { "DOWNLOAD_TTL_DAYS": "3" }.',
    '"telemetry" names destinations of OpenTelemetry: docs/operations.md.',
    '"jurisdiction" and "location" are fixed once the databases are made.',
  ]
    .map((line) => `// ${line}\n`)
    .join("");
}
