/** Who a command speaks as, and to which service: from options, the environment, or a saved login. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { CommandError, usageError } from "./command-error.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { type Login, loginsPath, readLogins } from "./logins.ts";
import type { Terminal } from "./terminal.ts";

export const DEFAULT_ORIGIN = "http://localhost:8787";

export interface Identity {
  origin: string;
  /** Never printed: not in a result, an error or a log. */
  key: string;
  /** Where the key came from, to tell the user. */
  source: string;
}

export interface IdentityOptions {
  origin?: string;
  login?: string;
}

const HOSTS_OF_THIS_MACHINE = new Set(["localhost", "127.0.0.1", "[::1]"]);

/**
 * The customer's identity. `--login` comes first, then `SPILLWAY_KEY`, then the current login. A saved key is sent to
 * the service alone that it was saved for.
 * @throws CommandError without a key, or with an origin that is no address.
 */
export function customerIdentity(terminal: Terminal, options: IdentityOptions): Identity {
  const key = terminal.env["SPILLWAY_KEY"] ?? "";
  const asked = originAsked(terminal, options);
  if (options.login === undefined && key !== "") {
    // A variable may end with the line break of the file that it was read from.
    return { origin: asked ?? DEFAULT_ORIGIN, key: headerValue(key, "SPILLWAY_KEY"), source: "SPILLWAY_KEY" };
  }
  const { name, login } = savedLogin(terminal, options.login);
  if (asked !== null && asked !== login.origin)
    throw usageError(
      `The login ${name} is of ${login.origin}, not of ${asked}: its key is not sent there.`,
      "Leave out --origin and SPILLWAY_ORIGIN, or save a login for that service: spillway login",
    );
  return { origin: login.origin, key: headerValue(login.key, `The login ${name}`), source: `login ${name}` };
}

/**
 * The operator's identity: `SPILLWAY_ADMIN_TOKEN`, else the token that `npm run deploy` saved for the service; for a
 * service of this machine also ADMIN_TOKEN of `.dev.vars` in the folder where the command runs, which is how
 * `npm run dev` keeps it.
 * @throws CommandError without a token.
 */
export function operatorIdentity(terminal: Terminal, options: IdentityOptions): Identity {
  const origin = originAsked(terminal, options) ?? currentOrigin(terminal) ?? DEFAULT_ORIGIN;
  const token = terminal.env["SPILLWAY_ADMIN_TOKEN"] ?? "";
  if (token !== "") return { origin, key: headerValue(token, "SPILLWAY_ADMIN_TOKEN"), source: "SPILLWAY_ADMIN_TOKEN" };
  const path = loginsPath(terminal);
  const saved = readLogins(path).operators?.[origin];
  if (saved !== undefined) return { origin, key: headerValue(saved, path), source: path };
  const local = isThisMachine(origin) ? localToken(terminal.folder) : "";
  if (local !== "") return { origin, key: headerValue(local, ".dev.vars"), source: ".dev.vars" };
  throw new CommandError("Spaces are the operator's, and there is no operator's token.", EXIT_CODES.notAllowed, [
    "Set SPILLWAY_ADMIN_TOKEN to the secret ADMIN_TOKEN of the service.",
    "Beside `npm run dev`, run the command in the project's folder: the token is read from .dev.vars there.",
  ]);
}

/** @returns the origin that a new login is for. */
export function originForLogin(terminal: Terminal, options: IdentityOptions): string {
  return originAsked(terminal, options) ?? DEFAULT_ORIGIN;
}

/** @returns whether the address is one of this machine, where a local token may be sent. */
export function isThisMachine(origin: string): boolean {
  return HOSTS_OF_THIS_MACHINE.has(new URL(origin).hostname);
}

/**
 * @returns a key or token, without spaces around it.
 * @throws CommandError for what no header can carry; the message does not have the value.
 */
export function headerValue(key: string, name: string): string {
  const trimmed = key.trim();
  if (!/^[\x21-\x7e]+$/.test(trimmed)) throw usageError(`${name} has no key: it is empty, or has spaces inside.`);
  return trimmed;
}

function originAsked({ env }: Terminal, options: IdentityOptions): string | null {
  const asked = options.origin ?? env["SPILLWAY_ORIGIN"] ?? "";
  if (asked === "") return null;
  const name = options.origin === undefined ? "SPILLWAY_ORIGIN" : "--origin";
  if (!URL.canParse(asked) || !/^https?:$/.test(new URL(asked).protocol))
    throw usageError(`${name} must be the service's address, such as https://exports.example.com.`);
  const { origin, username, password } = new URL(asked);
  if (username !== "" || password !== "") throw usageError(`${name} must have no user name and no password.`);
  return origin;
}

function savedLogin(terminal: Terminal, asked: string | undefined): { name: string; login: Login } {
  const { current, logins } = readLogins(loginsPath(terminal));
  const name = asked ?? terminal.env["SPILLWAY_LOGIN"] ?? current ?? "";
  const login = Object.hasOwn(logins, name) ? logins[name] : undefined;
  if (login !== undefined) return { name, login };
  const saved = Object.keys(logins);
  if (name === "")
    throw new CommandError("There is no API key.", EXIT_CODES.notAllowed, [
      "Save one:                            spillway login",
      "Or make a space of your own (local): spillway spaces create demo --save",
      "Or set SPILLWAY_KEY (and SPILLWAY_ORIGIN) in the environment.",
    ]);
  throw usageError(
    `There is no login ${JSON.stringify(name)}.`,
    saved.length === 0 ? "Save one: spillway login" : `There are: ${saved.join(", ")}.`,
  );
}

/** @returns the origin of the current login, if there is one that may be read. */
function currentOrigin(terminal: Terminal): string | null {
  const { current, logins } = readLogins(loginsPath(terminal));
  return (current === null ? undefined : logins[current])?.origin ?? null;
}

function localToken(folder: string): string {
  try {
    return parseEnv(readFileSync(join(folder, ".dev.vars"), "utf8"))["ADMIN_TOKEN"] ?? "";
  } catch {
    return "";
  }
}
