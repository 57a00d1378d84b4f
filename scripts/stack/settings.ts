/** Checks the settings of the service before it starts, by the rules of src/config.ts, and names the line to change. */

import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseEnv } from "node:util";
import { readConfig } from "../../src/config.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const EXAMPLE = "scripts/stack/local.vars";

export function ensureDevVars(): void {
  const file = join(ROOT, ".dev.vars");
  if (!existsSync(file)) copyFileSync(join(ROOT, EXAMPLE), file);
}

export interface SettingsFile {
  name: string;
  text: string;
}

/**
 * Reads what `--env-file` names, else `.dev.vars`. @param args of `wrangler dev`. @throws for a file that does not
 * exist.
 */
export function readSettingsFiles(args: readonly string[]): SettingsFile[] {
  const named = args.flatMap((arg, index) => {
    if (arg.startsWith("--env-file=")) return [arg.slice("--env-file=".length)];
    return args[index - 1] === "--env-file" ? [arg] : [];
  });
  return (named.length === 0 ? [".dev.vars"] : named).map((name) => {
    const path = resolve(ROOT, name);
    if (!existsSync(path)) throw new Error(`The settings file ${path} does not exist.`);
    return { name, text: readFileSync(path, "utf8") };
  });
}

/**
 * @throws Error that names each missing or wrong setting, its file and line, and what to do. It has no value of a
 * setting.
 */
export function checkSettings(args: readonly string[]): void {
  const example = readFileSync(join(ROOT, EXAMPLE), "utf8");
  const toml = readFileSync(join(ROOT, "wrangler.toml"), "utf8");
  const overrides = args.flatMap((arg) => {
    const [, name, value] = /^(?:--var=)?([A-Z][A-Z0-9_]*):(.*)$/s.exec(arg) ?? [];
    return name === undefined ? [] : [[name, value] as const];
  });
  const problems = settingProblems({
    files: readSettingsFiles(args),
    example,
    defaults: parseEnv(/^\[vars\]\n([^[]*)/m.exec(toml)?.[1] ?? ""),
    overrides: Object.fromEntries(overrides),
  });
  if (problems.length > 0) throw new Error(["The settings must be corrected:", ...problems].join("\n  "));
}

type Variables = Record<string, string | undefined>;

export interface Settings {
  /** Of two files with one name, the later file counts. */
  files: readonly SettingsFile[];
  /** The content of `scripts/stack/local.vars`. */
  example: string;
  /** The `[vars]` of wrangler.toml, which the files replace. */
  defaults: Variables;
  /** Set with `--var NAME:VALUE`, which replaces the files. */
  overrides: Variables;
}

/** @returns a sentence for each setting that is missing, empty or invalid. */
export function settingProblems({ files, example, defaults, overrides }: Settings): string[] {
  const env: Variables = Object.assign({}, defaults, ...files.map(({ text }) => parseEnv(text)), overrides);
  const place = (name: string) => (isOverridden(name, overrides) ? `--var ${name}` : placeOf(name, files));
  const where = files.map(({ name }) => name).join(" and ");
  // What wrangler.toml leaves empty may be empty.
  const required = Object.entries(parseEnv(example)).filter(([name, value]) => value !== "" && defaults[name] !== "");
  const problems = required.flatMap(([name]) => {
    const advice = `Set it; ${EXAMPLE} has a value for local work.`;
    if (env[name] === undefined) return [`${where}: ${name} is missing. ${advice}`];
    return env[name] === "" ? [`${place(name)}: ${name} is empty. ${advice}`] : [];
  });
  if (problems.length > 0) return problems;
  return brokenRules(env).map(({ name, sentence }) => `${name === null ? where : place(name)}: ${sentence}`);
}

/** @returns a sentence for each rule of src/config.ts that the settings break, and the setting, where it is one. */
export function brokenRules(env: Variables): { name: string | null; sentence: string }[] {
  try {
    readConfig(env);
    return [];
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message.replace(/^settings: /, "") : String(thrown);
    return message.split("; ").map((problem) => {
      const [, name, rule] = /^([A-Z][A-Z0-9_]*): (.*)$/s.exec(problem) ?? [];
      if (name === undefined || rule === undefined) return { name: null, sentence: `${problem}.` };
      const advice = name === "SECRETS_KEY" ? ' This makes a new one: echo "k1:$(openssl rand -base64 32)"' : "";
      return { name, sentence: `${name} is invalid: ${rule}.${advice}` };
    });
  }
}

const isOverridden = (name: string, overrides: Variables): boolean => Object.hasOwn(overrides, name);

/** @returns `FILE, line N`, of the last line that sets the name; the source of a setting that no file sets. */
export function placeOf(name: string, files: readonly SettingsFile[]): string {
  for (const file of files.toReversed()) {
    const line = file.text.split("\n").findLastIndex((text) => new RegExp(`^\\s*(export\\s+)?${name}\\s*=`).test(text));
    if (line !== -1) return `${file.name}, line ${line + 1}`;
  }
  return "wrangler.toml";
}
