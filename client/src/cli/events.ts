/** `events`: listing them, and following them as they occur. */

import type { Command } from "commander";
import type { FlatEventRow, ListEventsData } from "../generated/types.gen.ts";
import type { Spillway } from "../spillway.ts";
import type { Cli } from "./cli.ts";
import { usageError } from "./command-error.ts";
import { given, names, positive } from "./resource.ts";
import { printable } from "./text.ts";
import { eventWindow, spanMs } from "./times.ts";

type Query = NonNullable<ListEventsData["query"]>;

interface EventsOptions {
  last?: string;
  date?: string;
  start?: string;
  end?: string;
  events?: string[];
  personId?: string;
  externalPersonId?: string;
  customId?: string;
  limit?: number;
  all?: boolean;
}

const DEFAULT_LIMIT = 50;
const MAX_PAGE = 4_000;
/** A space may list events seven times a minute. */
const TAIL_EVERY_MS = 10_000;
/** Events of the last minute may still arrive between those that were seen. */
const OVERLAP_MS = 60_000;
/** Fields that every row has, which a line shows before the properties. */
const MANDATORY = new Set([
  "definitionId",
  "eventId",
  "sessionId",
  "personId",
  "externalPersonId",
  "occuredTime",
  "occurredAt",
]);

/** @returns the `events` command, for others to add to. */
export function addEvents(program: Command, cli: Cli): Command {
  const events = program.command("events").description("import events from files, list and follow them");
  withFilters(events.command("list"))
    .description("events of a window, oldest first; --json gives an event a line")
    .option("--last <span>", "the window until now: 30m, 24h, 7d, all (default: 24h)")
    .option(
      "--date <day>",
      "a whole day in the space's time zone: 2026-11-03, yesterday; or several: 2026-11-01..2026-11-30",
    )
    .option("--start <time>", "start of the window: a day, or a time such as 2026-11-03T10:00:00Z")
    .option("--end <time>", "end of the window, exclusive")
    .option("--limit <count>", `at most (default: ${DEFAULT_LIMIT})`, positive)
    .option("--all", "every one, however many there are")
    .action((options: EventsOptions) => list(cli, options));
  withFilters(events.command("tail"))
    .description("print events as they occur, until Ctrl-C; --json gives an event a line")
    .option("--last <span>", "begin with those of the last 30m, say")
    .option("--count <count>", "end after that many events", positive)
    .action((options: EventsOptions & { count?: number }) => tail(cli, options));
  return events;
}

function withFilters(command: Command): Command {
  return command
    .option("--events <names>", "only these: ids of definitions, separated by commas; * matches anything", names)
    .option("--person-id <id>", "only this person's")
    .option("--external-person-id <id>", "only this person's, by the id in your own system")
    .option("--custom-id <id>", "only this person's");
}

function filters({ events, personId, externalPersonId, customId }: EventsOptions): Query {
  return given({
    event_names: events?.join(","),
    person_id: personId,
    external_person_id: externalPersonId,
    custom_id: customId,
  });
}

async function list(cli: Cli, options: EventsOptions): Promise<void> {
  const { spillway } = cli;
  if (options.all === true && options.limit !== undefined) throw usageError("--all and --limit exclude each other.");
  cli.fields = { ...cli.fields, event_names: "--events" };
  const limit = options.all === true ? Infinity : (options.limit ?? DEFAULT_LIMIT);
  const asked = options.end === undefined && options.start === undefined && options.date === undefined;
  const window = await eventWindow(asked ? { last: "24h", ...options } : options, cli.terminal.now(), () =>
    spillway.space.get(),
  );
  let count = 0;
  // One more than asked for tells whether there are others.
  const query = { ...filters(options), ...window, limit: Math.min(limit + 1, MAX_PAGE) };
  for await (const row of spillway.events.list(query)) {
    if (count === limit) {
      cli.out.note(`There are more than ${limit}: --limit or --all shows them.`);
      return;
    }
    print(cli, row);
    count += 1;
  }
  if (count === 0) cli.out.note("No event occurred in this window.");
}

/** Follows by the time of occurrence: an event that is older than the last minute when it arrives is not shown. */
async function tail(cli: Cli, { last, count, ...options }: EventsOptions & { count?: number }): Promise<void> {
  const { spillway, terminal } = cli;
  cli.fields = { ...cli.fields, event_names: "--events" };
  let from = terminal.now() - (last === undefined ? 0 : spanMs(last, "--last"));
  const seen = new Map<string, number>();
  let shown = 0;
  for (;;) {
    const until = terminal.now();
    for await (const row of newRows(spillway, filters(options), from, until)) {
      if (seen.has(row.eventId)) continue;
      seen.set(row.eventId, Date.parse(row.occurredAt ?? ""));
      print(cli, row);
      shown += 1;
      if (shown === count) return;
    }
    from = Math.max(from, until - OVERLAP_MS);
    for (const [id, at] of seen) if (at < from) seen.delete(id);
    try {
      await terminal.sleep(TAIL_EVERY_MS);
    } catch (thrown) {
      // Ctrl-C is how this command ends.
      if (terminal.signal.aborted) return;
      throw thrown;
    }
  }
}

async function* newRows(spillway: Spillway, query: Query, from: number, until: number): AsyncGenerator<FlatEventRow> {
  if (from >= until) return;
  const window = { start: new Date(from).toISOString(), end: new Date(until).toISOString() };
  yield* spillway.events.list({ ...query, ...window, limit: MAX_PAGE }) as AsyncIterable<FlatEventRow>;
}

function print(cli: Cli, row: FlatEventRow): void {
  const properties = Object.fromEntries(
    Object.entries(row).filter(([name, value]) => !MANDATORY.has(name) && value !== null),
  );
  const line = [row.occurredAt, row.definitionId, row.personId, JSON.stringify(properties)].join("  ");
  cli.out.item(row, printable(line));
}
