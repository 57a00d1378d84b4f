/**
 * Saved logins: which service, with which key. They are in one file that the user alone may read:
 * `$SPILLWAY_CONFIG`, else `spillway/config.json` in `$XDG_CONFIG_HOME` or `~/.config`.
 */

import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { CommandError, usageError } from "./command-error.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import type { Terminal } from "./terminal.ts";

export interface Login {
  origin: string;
  key: string;
  /** The space's name, to tell logins apart. */
  space: string;
  /** Signs the webhooks of callback URLs; known where the space was made with this login. */
  webhook_secret?: string;
}

export interface Logins {
  /** The login that commands use without `--login`; null without any. */
  current: string | null;
  logins: Readonly<Record<string, Login>>;
  /** Operators' tokens, by the origin of their service: saved by `npm run deploy`. */
  operators?: Readonly<Record<string, string>>;
}

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;
const OF_OTHERS = 0o077;
/** Windows has no such modes: its profile folders are the user's own. */
const HAS_MODES = process.platform !== "win32";
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;

/** @returns the file's path. */
export function loginsPath({ env, home }: Pick<Terminal, "env" | "home">): string {
  const chosen = env["SPILLWAY_CONFIG"] ?? "";
  if (chosen !== "") return chosen;
  const base = env["XDG_CONFIG_HOME"] ?? "";
  return join(base === "" ? join(home, ".config") : base, "spillway", "config.json");
}

/**
 * @returns the saved logins; none where there is no file.
 * @throws CommandError when others may read the file, or it is not one of ours. The error never has the file's text.
 */
export function readLogins(path: string): Logins {
  let text: string;
  try {
    const { mode } = statSync(path);
    if (HAS_MODES && (mode & OF_OTHERS) !== 0)
      throw new CommandError(
        `${path} has API keys and is open to other users (mode ${(mode & 0o777).toString(8)}).`,
        EXIT_CODES.notAllowed,
        [`Close it: chmod 600 ${path}`, "Where others may have read it, revoke its keys: spillway keys list"],
      );
    text = readFileSync(path, "utf8");
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return { current: null, logins: {} };
    throw thrown;
  }
  const parsed = parse(text);
  if (parsed === null)
    throw usageError(`${path} is not a file of logins.`, "Remove it, then save a login again: spillway login");
  return parsed;
}

/** Saves all logins, at once: a reader sees the file of before or the new one. @throws Error of the file system. */
export function writeLogins(path: string, logins: Logins): void {
  mkdirSync(dirname(path), { recursive: true, mode: FOLDER_MODE });
  const fresh = `${path}.${process.pid}`;
  try {
    writeFileSync(fresh, `${JSON.stringify(logins, null, 2)}\n`, { mode: FILE_MODE, flag: "wx" });
    renameSync(fresh, path);
  } finally {
    rmSync(fresh, { force: true });
  }
}

/** @returns the logins with one more, or one replaced, which is the current one from now on. @throws CommandError. */
export function withLogin({ logins, ...saved }: Logins, name: string, login: Login): Logins {
  if (!NAME.test(name) || name === "__proto__")
    throw usageError(
      `${JSON.stringify(name)} is no name of a login.`,
      "A name has letters, digits and . _ -, at most 64, and begins with a letter or a digit.",
    );
  return { ...saved, current: name, logins: { ...logins, [name]: login } };
}

/** @returns the logins without one; another becomes the current one. */
export function withoutLogin({ current, logins, ...saved }: Logins, name: string): Logins {
  const left = Object.fromEntries(Object.entries(logins).filter(([each]) => each !== name));
  return { ...saved, current: current === name ? (Object.keys(left)[0] ?? null) : current, logins: left };
}

/** @returns the logins with the operator's token of a service, which replaces one before. */
export function withOperator(saved: Logins, origin: string, token: string): Logins {
  return { ...saved, operators: { ...saved.operators, [origin]: token } };
}

/** @returns the logins without the operator's token of a service. */
export function withoutOperator(saved: Logins, origin: string): Logins {
  const left = Object.entries(saved.operators ?? {}).filter(([each]) => each !== origin);
  return { ...saved, operators: Object.fromEntries(left) };
}

/** @returns a name for the login of a space, from the space's name. */
export function loginNameFor(space: string): string {
  const name = space.replaceAll(/[^A-Za-z0-9_.-]+/g, "-").replaceAll(/^[-_.]+|-+$/g, "");
  return name === "" ? "default" : name.slice(0, 64).toLowerCase();
}

function parse(text: string): Logins | null {
  try {
    const value = JSON.parse(text) as { current?: unknown; logins?: unknown; operators?: unknown };
    const { current, logins, operators = {} } = value;
    if (typeof logins !== "object" || logins === null || typeof operators !== "object" || operators === null)
      return null;
    if (!Object.values(logins).every(isLogin)) return null;
    if (!Object.values(operators).every((token) => typeof token === "string")) return null;
    return {
      current: typeof current === "string" ? current : null,
      logins: logins as Record<string, Login>,
      ...(Object.keys(operators).length > 0 && { operators: operators as Record<string, string> }),
    };
  } catch {
    return null;
  }
}

function isLogin(value: unknown): value is Login {
  const login = value as Partial<Record<keyof Login, unknown>> | null;
  return typeof login?.origin === "string" && typeof login.key === "string" && typeof login.space === "string";
}
