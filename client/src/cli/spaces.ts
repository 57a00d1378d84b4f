/** `spaces`: tenants, which the operator makes; and the space of the key itself. */

import { type Command, Option } from "commander";
import type { QueryRows, Space } from "../generated/types.gen.ts";
import type { Cli } from "./cli.ts";
import { checkFree, saveLogin } from "./login.ts";
import { loginNameFor } from "./logins.ts";
import { confirm, given, listing, positive, readText } from "./resource.ts";

type QueryValue = QueryRows["rows"][number][number];

interface SpaceOptions {
  timezone?: string;
  retentionDays?: number;
  name?: string;
  home?: string;
  status?: "active" | "inactive";
  save?: string | true;
  yes?: boolean;
}

export function addSpaces(program: Command, cli: Cli): void {
  const spaces = program.command("spaces").description("tenants (operator's token), and the key's own space");

  spaces
    .command("create <name>")
    .description("make a space and its first API key, which is shown once or saved")
    .option("--timezone <zone>", "an IANA time zone; default: this machine's")
    .option("--retention-days <days>", "how long events are kept; default: 180", positive)
    .option("--home <name>", "where its data is kept, as homes names it; default: the service chooses")
    .option("--save [login]", "save the key as a login instead of showing it")
    .action((name: string, options: SpaceOptions) => create(cli, name, options));

  listing(spaces.command("list"), cli, {
    description: "every space (operator)",
    columns: [
      { title: "id", value: (space: Space) => space.id },
      { title: "name", value: (space) => space.name },
      { title: "time zone", value: (space) => space.timezone },
      { title: "days kept", value: (space) => space.retention_days, right: true },
      { title: "status", value: (space) => space.status },
      { title: "home", value: (space) => space.home },
    ],
    read: ({ limit }) => cli.operator.spaces.list({ limit }),
  });

  spaces
    .command("show [id]")
    .description("one space (operator); without an id, the key's own")
    .action(async (id: string | undefined) =>
      cli.out.thing(id === undefined ? await cli.spillway.space.get() : await cli.operator.spaces.get(id)),
    );

  spaces
    .command("change [id]")
    .description("change a space (operator); without an id, the key's own")
    .option("--name <name>", "its name")
    .option("--timezone <zone>", "an IANA time zone")
    .option("--retention-days <days>", "how long events are kept", positive)
    .addOption(new Option("--status <status>", "operator only").choices(["active", "inactive"]))
    .action(async (id: string | undefined, { name, timezone, retentionDays, status }: SpaceOptions) => {
      const body = given({ name, timezone, retention_days: retentionDays, status });
      cli.out.thing(
        id === undefined ? await cli.spillway.space.change(body) : await cli.operator.spaces.change(id, body),
      );
    });

  spaces
    .command("query <id> <sql>")
    .description("read the database of a space in an object by one statement of SQL (operator); - reads standard input")
    .option("--param <value>", "the value of ?1, then ?2 …: JSON, or else a text; may be repeated", paramValues)
    .action(async (id: string, sql: string, { param }: { param?: readonly QueryValue[] }) => {
      const text = sql === "-" ? await readText(cli, sql) : sql;
      const answer = await cli.operator.spaces.query(id, { sql: text, params: [...(param ?? [])] });
      const columns = answer.columns.map((title, at) => ({ title, value: (row: readonly QueryValue[]) => row[at] }));
      cli.out.rows(answer, answer.rows, columns);
      if (answer.truncated)
        cli.out.note(`There are more rows than these ${answer.rows.length}: LIMIT and a condition lead further.`);
    });

  spaces
    .command("rotate-webhook-secret")
    .description("make a new secret for the webhooks of callback URLs; it is shown once")
    .action(async () => cli.out.thing(await cli.spillway.space.rotateWebhookSecret()));

  spaces
    .command("move <id> <home>")
    .description("move a space to another home while it is used (operator); `spaces show <id>` shows how far it is")
    .action(async (id: string, home: string) => cli.out.thing(await cli.operator.spaces.move(id, home)));

  spaces
    .command("cancel-move <id>")
    .description("leave a moving space where it is (operator)")
    .action(async (id: string) => cli.out.thing(await cli.operator.spaces.cancelMove(id)));

  spaces
    .command("delete <id>")
    .description("remove every row and file of a space (operator)")
    .option("--yes", "do not ask")
    .action(async (id: string, { yes }: SpaceOptions) => {
      await confirm(cli, `Everything of the space ${id} is removed for good.`, yes);
      await cli.operator.spaces.delete(id);
      cli.out.result({ id, deleted: true }, [`The space ${id} is being removed.`]);
    });
}

/** For an option that may be repeated. A value that is JSON for a number, a text or null is that; others are texts. */
function paramValues(text: string, before: readonly QueryValue[] = []): QueryValue[] {
  return [...before, paramValue(text)];
}

function paramValue(text: string): QueryValue {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "number" || typeof value === "string" || value === null) return value;
  } catch {
    // No JSON: a text as it is.
  }
  return text;
}

async function create(cli: Cli, name: string, { timezone, retentionDays, home, save }: SpaceOptions): Promise<void> {
  const login = save === true ? loginNameFor(name) : save;
  // The key is shown once: what would keep it from being saved is found before it is made.
  if (login !== undefined) checkFree(cli, login);
  const zone = timezone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  const body = { name, timezone: zone, ...given({ retention_days: retentionDays, home }) };
  const { operator } = cli;
  const made = await operator.spaces.create(body);
  if (login === undefined) {
    cli.out.thing(made);
    cli.out.note("The key and the webhook secret are shown only now.");
    return;
  }
  const { api_key: key, webhook_secret: webhookSecret, ...space } = made;
  saveLogin(cli, login, { origin: cli.operatorOrigin, key, space: made.name, webhook_secret: webhookSecret });
  cli.out.thing(space);
}
