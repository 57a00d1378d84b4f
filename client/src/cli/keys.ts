/** `keys`: the API keys of a space. */

import type { Command } from "commander";
import type { ApiKey, CreateApiKeyData } from "../generated/types.gen.ts";
import type { Cli } from "./cli.ts";
import { checkFree, saveLogin } from "./login.ts";
import { confirm, given, listing, names, type Options } from "./resource.ts";
import { spanMs } from "./times.ts";

type Scope = CreateApiKeyData["body"]["scopes"][number];

interface KeyOptions {
  scopes: Scope[];
  expiresIn?: string;
  origins?: string[];
  space?: string;
  save?: string;
  yes?: boolean;
}

const OF_SPACE = ["--space <id>", "of another space (operator)"] as const;

export function addKeys(program: Command, cli: Cli): void {
  const keys = program.command("keys").description("API keys of the space");

  keys
    .command("create <name>")
    .description("make a key, which is shown once or saved")
    .requiredOption("--scopes <scopes>", "such as exports:read,exports:write", names)
    .option("--expires-in <span>", "such as 90d; default: never")
    .option("--origins <origins>", "make a key for web pages of these origins: it sends events alone", names)
    .option("--save <login>", "save the key as a login instead of showing it")
    .option(...OF_SPACE)
    .action((name: string, options: KeyOptions) => create(cli, name, options));

  listing(keys.command("list").option(...OF_SPACE), cli, {
    description: "keys with their scopes; a key itself is never shown again",
    columns: [
      { title: "id", value: (key: ApiKey) => key.id },
      { title: "name", value: (key) => key.name },
      { title: "scopes", value: (key) => key.scopes.join(" ") },
      { title: "expires", value: (key) => key.expires_at },
      { title: "created", value: (key) => key.created_at },
    ],
    read: ({ limit, ...options }: Options & { limit: number }) => {
      const { space } = options as { space?: string };
      return space === undefined
        ? cli.spillway.apiKeys.list({ limit })
        : cli.operator.spaces.apiKeys.list(space, { limit });
    },
  });

  keys
    .command("revoke <id>")
    .description("end a key for everyone who has it")
    .option(...OF_SPACE)
    .option("--yes", "do not ask")
    .action(async (id: string, { space, yes }: KeyOptions) => {
      await confirm(cli, `Whatever uses the key ${id} is refused from now on.`, yes);
      if (space === undefined) await cli.spillway.apiKeys.delete(id);
      else await cli.operator.spaces.apiKeys.delete(space, id);
      cli.out.result({ id, revoked: true }, [`The key ${id} is revoked.`]);
    });
}

async function create(cli: Cli, name: string, options: KeyOptions): Promise<void> {
  const { scopes, expiresIn, origins, space, save } = options;
  if (save !== undefined) checkFree(cli, save);
  cli.fields = { ...cli.fields, expires_at: "--expires-in" };
  const expires =
    expiresIn === undefined
      ? undefined
      : new Date(cli.terminal.now() + spanMs(expiresIn, "--expires-in")).toISOString();
  const body = { name, scopes, ...given({ expires_at: expires, origins }) };
  const made = await (space === undefined
    ? cli.spillway.apiKeys.create(body)
    : cli.operator.spaces.apiKeys.create(space, body));
  if (save === undefined) {
    cli.out.thing(made);
    cli.out.note("The key is shown only now.");
    return;
  }
  const { key, ...shown } = made;
  const origin = space === undefined ? cli.identity.origin : cli.operatorOrigin;
  const spaceName = (await cli.withKey(origin, key).space.get()).name;
  saveLogin(cli, save, { origin, key, space: spaceName });
  cli.out.thing(shown);
}
