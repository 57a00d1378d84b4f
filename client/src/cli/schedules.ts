/** `schedules`: exports that come again and again. */

import type { Command } from "commander";
import type { Schedule, ScheduleRun } from "../generated/types.gen.ts";
import type { Cli } from "./cli.ts";
import { addExportOptions } from "./export-flags.ts";
import { exportFields, type ExportOptions, exportRequest } from "./export-request.ts";
import { confirm, given, listing, positive, readJson } from "./resource.ts";

interface ScheduleOptions extends ExportOptions {
  cron?: string;
  timezone?: string;
  incremental?: boolean;
  backfillFrom?: string;
  verifyAfterDays?: number;
  name?: string;
  request?: string;
  yes?: boolean;
}

const VERIFY_AFTER = ["--verify-after-days <days>", "verify each run's files that many days later", positive] as const;

export function addSchedules(program: Command, cli: Cli): void {
  const schedules = program.command("schedules").description("exports that come again and again");

  listing(schedules.command("list"), cli, {
    description: "schedules of the space",
    columns: [
      { title: "id", value: (schedule: Schedule) => schedule.id },
      { title: "name", value: (schedule) => schedule.name },
      { title: "dataset", value: (schedule) => schedule.request["dataset"] },
      { title: "cron", value: (schedule) => schedule.cron },
      { title: "time zone", value: (schedule) => schedule.timezone },
      { title: "status", value: (schedule) => schedule.status },
      { title: "next run", value: (schedule) => schedule.next_run_at },
    ],
    read: ({ limit }) => cli.spillway.schedules.list({ limit }),
  });

  schedules
    .command("show <id>")
    .description("one schedule")
    .action(async (id: string) => cli.out.thing(await cli.spillway.schedules.get(id)));

  const create = schedules
    .command("create <name> <dataset>")
    .description("make a schedule; its runs together have everything from then on, once")
    .requiredOption("--cron <expression>", 'when it runs, such as "0 3 * * *"')
    .option("--timezone <zone>", "of the cron and of days; default: this machine's")
    .option("--incremental", "each run has what the one before does not have")
    .option("--backfill-from <time>", "where the first run's window begins")
    .option(...VERIFY_AFTER);
  addExportOptions(create, false).action(async (name: string, dataset: string, options: ScheduleOptions) => {
    cli.fields = { ...requestFields(dataset), ...cli.fields };
    const request = await requestOf(cli, dataset, options);
    const { cron = "", timezone = Intl.DateTimeFormat().resolvedOptions().timeZone, incremental } = options;
    const body = {
      name,
      cron,
      timezone,
      request,
      ...given({ incremental, backfill_from: options.backfillFrom, verify_after_days: options.verifyAfterDays }),
    };
    // A schedule's request is an export's without its window: the service checks the rest.
    const made = await cli.spillway.schedules.create(body);
    for (const { detail } of made.warnings) cli.out.warn(`warning: ${detail}`);
    cli.out.thing(made);
  });

  schedules
    .command("change <id>")
    .description("change the fields that are named")
    .option("--name <name>", "its name")
    .option("--cron <expression>", "when it runs")
    .option("--timezone <zone>", "of the cron and of days")
    .option("--incremental", "each run has what the one before does not have")
    .option("--no-incremental", "each run has its own window")
    .option("--request <file>", "the request as JSON (- for standard input)")
    .option(...VERIFY_AFTER)
    .action(async (id: string, { name, cron, timezone, incremental, request, verifyAfterDays }: ScheduleOptions) => {
      const parsed = request === undefined ? undefined : await readJson(cli, request);
      const body = given({
        name,
        cron,
        timezone,
        incremental,
        request: parsed as never,
        verify_after_days: verifyAfterDays,
      });
      cli.out.thing(await cli.spillway.schedules.change(id, body));
    });

  for (const [verb, paused] of [
    ["pause", true],
    ["resume", false],
  ] as const)
    schedules
      .command(`${verb} <id>`)
      .description(paused ? "make no exports until it is resumed" : "go on; what was missed comes with the next run")
      .action(async (id: string) => cli.out.thing(await cli.spillway.schedules.change(id, { paused })));

  listing(schedules.command("exports <id>"), cli, {
    description: "runs of a schedule with their exports, newest first",
    columns: [
      { title: "export", value: (run: ScheduleRun) => run.export?.id },
      { title: "scheduled", value: (run) => run.scheduled_at },
      { title: "outcome", value: (run) => run.outcome },
      { title: "status", value: (run) => run.export?.status },
      { title: "rows", value: (run) => run.export?.rows, right: true },
      { title: "window", value: (run) => (run.window === null ? null : `${run.window.start} – ${run.window.end}`) },
    ],
    read: ({ limit }, [id = ""]) => cli.spillway.schedules.runs(id, { limit }),
  });

  schedules
    .command("delete <id>")
    .description("end a schedule; its exports stay")
    .option("--yes", "do not ask")
    .action(async (id: string, { yes }: ScheduleOptions) => {
      await confirm(cli, `The schedule ${id} is removed.`, yes);
      await cli.spillway.schedules.delete(id);
      cli.out.result({ id, deleted: true }, [`The schedule ${id} is removed.`]);
    });
}

function requestFields(dataset: string) {
  return Object.fromEntries(
    Object.entries(exportFields(dataset)).map(([field, option]) => [`request/${field}`, option]),
  );
}

async function requestOf(cli: Cli, dataset: string, options: ScheduleOptions) {
  const file = options.request === undefined ? {} : await readJson(cli, options.request);
  const now = cli.terminal.now();
  return exportRequest({ dataset, options, file, now, space: () => cli.spillway.space.get() });
}
