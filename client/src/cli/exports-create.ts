/** `exports create` and `estimate`: from options to a request. */

import type { Command } from "commander";
import type { Spillway } from "../spillway.ts";
import type { Cli } from "./cli.ts";
import { followToEnd, type EndOptions } from "./export-end.ts";
import { addExportOptions, DATASETS, type ExportRequest } from "./export-flags.ts";
import { exportFields, type ExportOptions, exportRequest } from "./export-request.ts";
import { exportRecord, withoutLinks } from "./export-shown.ts";
import { readJson } from "./resource.ts";
import { printable, record, size } from "./text.ts";

interface CreateOptions extends EndOptions {
  request?: string;
  idempotencyKey?: string;
  printRequest?: boolean;
}

const HELP_OF_DATASETS = [
  "",
  "Datasets:",
  ...Object.entries(DATASETS).map(([name, what]) => `  ${name.padEnd(20)}  ${what}`),
  "",
  "Examples:",
  "  spillway exports create activity_events --last 7d --wait --out ./events --verify",
  "  spillway exports create activity_events --date 2026-11-01..2026-11-30 --events 'order*' --format parquet",
  "  spillway exports create conversion_events --date 2026-11-03 --sources email --attribution-model linear \\",
  "    --attribution-window 30",
].join("\n");

/** Adds the options that follow an export to its end. */
export function addEndOptions(command: Command): Command {
  return command
    .option("--out <folder>", "download the files there when it is completed, and check their SHA-256 (waits)")
    .option("--verify", "compare the stored files, and those of --out, with the manifest (waits)")
    .option("--timeout <span>", "wait at most that long, such as 30m; the export goes on");
}

export function addCreate(exports: Command, cli: Cli): void {
  const create = exports
    .command("create [dataset]")
    .description("make an export; with --wait, --out or --verify, follow it to its end")
    .option("--wait", "wait until it is completed");
  addExportOptions(addEndOptions(create))
    .option("--idempotency-key <key>", "the same key gives the same export for 24 hours")
    .option("--print-request", "show the request, and make nothing")
    .addHelpText("after", HELP_OF_DATASETS)
    .action((dataset: string | undefined, options: CreateOptions & ExportOptions) =>
      createExport(cli, dataset ?? null, options),
    );
}

export function addEstimate(program: Command, cli: Cli): void {
  addExportOptions(
    program.command("estimate [dataset]").description("count what an export would have, and make nothing"),
  ).action(async (dataset: string | undefined, options: CreateOptions & ExportOptions) => {
    const { spillway } = cli;
    const estimate = await spillway.exports.estimate(await requestFrom(cli, spillway, dataset ?? null, options));
    warn(cli, estimate.warnings);
    const { files, bytes_estimate: bytes } = estimate;
    cli.out.result(
      estimate,
      record({
        rows:
          "rows" in estimate
            ? estimate.rows.toLocaleString("en-US")
            : `at least ${estimate.rows_at_least.toLocaleString("en-US")}`,
        files: files.toLocaleString("en-US"),
        size: `about ${size(bytes)}`,
      }),
    );
  });
}

async function createExport(cli: Cli, dataset: string | null, options: CreateOptions & ExportOptions): Promise<void> {
  const { spillway } = cli;
  const request = await requestFrom(cli, spillway, dataset, options);
  if (options.printRequest === true) {
    cli.out.result(request, [JSON.stringify(request, null, 2)]);
    return;
  }
  const { idempotencyKey } = options;
  const made = await spillway.exports.create(request, idempotencyKey === undefined ? {} : { idempotencyKey });
  warn(cli, made.warnings);
  const { wait, out, verify } = options;
  if (wait === true || out !== undefined || verify === true) {
    cli.out.note(`Export ${made.id} is ${made.status}.`);
    await followToEnd(cli, spillway, made.id, options);
    return;
  }
  cli.out.thing({ ...withoutLinks(made), id: made.id }, exportRecord(made));
  cli.out.note(`Wait for it and get its files: spillway exports get ${made.id} --wait --out FOLDER`);
}

async function requestFrom(
  cli: Cli,
  spillway: Spillway,
  dataset: string | null,
  options: CreateOptions & ExportOptions,
): Promise<ExportRequest> {
  const file = options.request === undefined ? {} : await readJson(cli, options.request);
  const chosen = dataset ?? (typeof file["dataset"] === "string" ? file["dataset"] : null);
  cli.fields = { ...exportFields(chosen) };
  return exportRequest({ dataset, options, file, now: cli.terminal.now(), space: () => spillway.space.get() });
}

/** Warnings are about names that the service does not know. */
function warn(cli: Cli, warnings: readonly { pointer: string; detail: string }[]): void {
  for (const { pointer, detail } of warnings) cli.out.warn(printable(`warning: ${pointer}: ${detail}`));
}
