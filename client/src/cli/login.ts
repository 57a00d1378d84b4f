/** `login`, `logout`, `logins`, `whoami`: which key commands use. */

import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import type { Command } from "commander";
import type { Cli } from "./cli.ts";
import { usageError } from "./command-error.ts";
import { headerValue } from "./identity.ts";
import { type Login, loginNameFor, loginsPath, readLogins, withLogin, withoutLogin, writeLogins } from "./logins.ts";
import { record } from "./text.ts";

export function addLogin(program: Command, cli: Cli): void {
  program
    .command("login [name]")
    .description("save an API key, which is read from standard input; it becomes the one that commands use")
    .action(async (name: string | undefined) => {
      const origin = cli.loginOrigin;
      const key = await askKey(cli);
      const space = await cli.withKey(origin, key).space.get();
      saveLogin(cli, name ?? loginNameFor(space.name), { origin, key, space: space.name }, true);
      cli.out.result({ origin, space: space.name, space_id: space.id }, [`The key of ${space.name} was accepted.`]);
    });

  program
    .command("logout [name]")
    .description("forget a saved key; `spillway keys revoke` ends it for everyone")
    .action((name: string | undefined) => {
      const path = loginsPath(cli.terminal);
      const logins = readLogins(path);
      const chosen = name ?? logins.current ?? "";
      if (!Object.hasOwn(logins.logins, chosen)) throw usageError(`There is no login ${JSON.stringify(chosen)}.`);
      const left = withoutLogin(logins, chosen);
      writeLogins(path, left);
      cli.out.result({ forgotten: chosen, current: left.current }, [`The login ${chosen} is forgotten.`]);
    });

  program
    .command("logins [name]")
    .description("list saved logins; with a name, use that one from now on")
    .action((name: string | undefined) => {
      const path = loginsPath(cli.terminal);
      const saved = readLogins(path);
      if (name !== undefined && !Object.hasOwn(saved.logins, name))
        throw usageError(
          `There is no login ${JSON.stringify(name)}.`,
          `There are: ${Object.keys(saved.logins).join(", ")}`,
        );
      const current = name ?? saved.current;
      if (name !== undefined) writeLogins(path, { ...saved, current: name });
      const rows = Object.entries(saved.logins).map(([each, { origin, space }]) => ({
        name: each,
        current: each === current,
        origin,
        space,
      }));
      cli.out.list(
        rows,
        [
          { title: "login", value: (row) => row.name },
          { title: "used", value: (row) => (row.current ? "yes" : "") },
          { title: "space", value: (row) => row.space },
          { title: "origin", value: (row) => row.origin },
        ],
        false,
      );
    });

  program
    .command("whoami")
    .description("show the service, the key's space, what the key may do, and where it comes from")
    .action(async () => {
      const { origin, source } = cli.identity;
      const { id, name, timezone, retention_days, status } = await cli.spillway.space.get();
      const key = await cli.spillway.apiKeys.current();
      const { scopes, expires_at } = key;
      const space = { space: name, space_id: id, timezone, retention_days, status, origin };
      const value = { ...space, key: key.name, key_id: key.id, scopes, expires_at, key_from: source };
      cli.out.result(value, record({ ...value, scopes: scopes.join(" "), expires_at: expires_at ?? "never" }));
    });
}

/**
 * Saves a login. Its key is in that file from then on, and nowhere else.
 * @param replace whether a login of the same name may be replaced.
 * @throws CommandError where it may not.
 */
export function saveLogin(cli: Cli, name: string, login: Login, replace = false): void {
  const path = loginsPath(cli.terminal);
  const before = readLogins(path);
  if (!replace) checkFree(cli, name);
  writeLogins(path, withLogin(before, name, login));
  cli.out.note(`The key is saved as the login ${name} in ${path}: commands use it from now on.`);
}

/** @throws CommandError where a login has that name, or it is no name: before a key is made that is shown once. */
export function checkFree(cli: Cli, name: string): void {
  const saved = readLogins(loginsPath(cli.terminal));
  withLogin(saved, name, { origin: "", key: "", space: "" });
  if (Object.hasOwn(saved.logins, name))
    throw usageError(
      `There is a login ${name} already.`,
      "Choose another name: --save NAME",
      `Or: spillway logout ${name}`,
    );
}

/** Asks on a terminal, without showing what is typed; else reads the first line of standard input. */
async function askKey(cli: Cli): Promise<string> {
  const { stdin, stderr, signal } = cli.terminal;
  const asks = stdin.isTTY === true;
  if (asks) stderr.write("API key (it is not shown): ");
  // What readline would show goes nowhere.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: stdin, output: nowhere, terminal: asks });
  try {
    const interrupted = new Promise<never>((_, reject) => {
      // In this mode readline itself takes Ctrl-C.
      lines.once("SIGINT", () => reject(usageError("No key was given.")));
      signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
    });
    const line = new Promise<string>((resolve) => {
      lines.once("line", resolve);
      lines.once("close", () => resolve(""));
    });
    return headerValue(await Promise.race([line, interrupted]), "Standard input");
  } finally {
    lines.close();
    if (asks) stderr.write("\n");
  }
}
