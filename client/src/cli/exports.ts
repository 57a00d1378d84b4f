/** `exports`: everything that can be asked of an export. */

import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { resolve } from "node:path";
import { type Command, Option } from "commander";
import type { DatasetName, Export, GetExportLoadStatementsData, TimelineEntry } from "../generated/types.gen.ts";
import type { ExportFile } from "../exports/request.ts";
import type { Cli } from "./cli.ts";
import { usageError } from "./command-error.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { type EndOptions, followToEnd, verdict, verify } from "./export-end.ts";
import { DATASET_NAMES } from "./export-flags.ts";
import { EXPORT_COLUMNS, exportRecord, withoutLinks } from "./export-shown.ts";
import { addCreate, addEndOptions } from "./exports-create.ts";
import { confirm, given, listing } from "./resource.ts";
import { size } from "./text.ts";

type Status = Export["status"];
type LoadQuery = GetExportLoadStatementsData["query"];
type System = LoadQuery["for"];

const STATUSES = Object.keys({
  queued: true,
  processing: true,
  completed: true,
  failed: true,
  canceled: true,
  expired: true,
} satisfies Record<Status, true>);

export function addExports(program: Command, cli: Cli): void {
  const exports = program.command("exports").description("make exports, follow them, get and verify their files");
  addCreate(exports, cli);
  addQuestions(exports, cli);
  addFiles(exports, cli);
  addLoad(exports, cli);
  addChanges(exports, cli);
}

function addQuestions(exports: Command, cli: Cli): void {
  const list = exports
    .command("list")
    .addOption(new Option("--status <status>", "only these").choices(STATUSES))
    .addOption(new Option("--dataset <dataset>", "only these").choices(DATASET_NAMES));
  listing(list, cli, {
    description: "exports, newest first",
    columns: EXPORT_COLUMNS,
    read: ({ limit, status, dataset }) =>
      cli.spillway.exports.list({
        limit,
        ...given({ status: status as Status | undefined, dataset: dataset as DatasetName | undefined }),
      }),
  });

  exports
    .command("show <id>")
    .description("one export; --json has links to its files, for 15 minutes")
    .action(async (id: string) => {
      const shown = await cli.spillway.exports.get(id);
      cli.out.thing(shown, exportRecord(shown));
    });

  addEndOptions(exports.command("wait <id>"))
    .description("wait until an export is completed")
    .action((id: string, options: EndOptions) => followToEnd(cli, cli.spillway, id, options));

  listing(exports.command("timeline <id>"), cli, {
    description: "what happened to an export",
    columns: [
      { title: "at", value: (entry: TimelineEntry) => entry.at },
      { title: "what", value: (entry) => entry.type },
      { title: "detail", value: (entry) => entry.detail },
    ],
    read: (_options, [id = ""]) => cli.spillway.exports.timeline(id),
  });
}

function addFiles(exports: Command, cli: Cli): void {
  addEndOptions(exports.command("get <id>"))
    .description("download the files; without --out, the rows go to standard output")
    .option("--wait", "wait until it is completed")
    .action(async (id: string, options: EndOptions) => {
      const { spillway } = cli;
      if (options.out !== undefined) return followToEnd(cli, spillway, id, options);
      if (options.verify === true) throw usageError("--verify needs --out FOLDER; `exports verify` needs no folder.");
      if (options.wait === true) await spillway.exports.wait(id);
      const { stdout, signal } = cli.terminal;
      if (stdout.isTTY === true && (await spillway.exports.get(id)).request["format"] === "parquet")
        throw usageError("Parquet is not for a terminal: name a folder with --out.");
      const rows = Readable.fromWeb((await spillway.exports.content(id)) as never);
      return pipeline(rows, stdout, { end: false, signal });
    });

  listing(exports.command("files <id>"), cli, {
    description: "the files of an export; --json has links, for 15 minutes",
    columns: [
      { title: "name", value: (file: ExportFile) => file.name },
      { title: "rows", value: (file) => file.rows.toLocaleString("en-US"), right: true },
      { title: "bytes", value: (file) => size(file.bytes), right: true },
      { title: "sha256", value: (file) => file.sha256 },
    ],
    read: (_options, [id = ""]) => cli.spillway.exports.files(id),
  });

  exports
    .command("manifest <id>")
    .description("the proof: columns; rows, bytes and SHA-256 of each file; the totals")
    .action(async (id: string) => {
      const manifest = await cli.spillway.exports.manifest(id);
      cli.out.result(manifest, [JSON.stringify(manifest, null, 2)]);
    });

  exports
    .command("verify <id>")
    .description("read the stored files back and compare them with the manifest")
    .option("--folder <folder>", "compare the files that were downloaded there too")
    .action(async (id: string, { folder }: { folder?: string }) => {
      const path = folder === undefined ? null : resolve(cli.terminal.folder, folder);
      const verification = await verify(cli, cli.spillway, { id }, path);
      cli.out.result({ id, ...verification }, verdict(verification, folder ?? null));
      if (!verification.ok) cli.exitCode = EXIT_CODES.damaged;
    });
}

/** Systems that the service writes statements for. */
const SYSTEMS = Object.keys({
  duckdb: true,
  postgres: true,
  snowflake: true,
  bigquery: true,
  redshift: true,
  athena: true,
  clickhouse: true,
} satisfies Record<System, true>);

function addLoad(exports: Command, cli: Cli): void {
  exports
    .command("load <id>")
    .description("print the statements that load the files into a database or a warehouse")
    .addOption(new Option("--for <system>", "which one").choices(SYSTEMS).makeOptionMandatory())
    .option("--table <name>", "the table's name; default: spillway_ and the dataset")
    .option("--path <path>", "where the files are: a folder, or an address such as s3://bucket/folder/")
    .action(async (id: string, query: LoadQuery) => {
      const statements = await cli.spillway.exports.load(id, query);
      cli.out.result({ for: query.for, statements }, [statements.trimEnd()]);
    });
}

function addChanges(exports: Command, cli: Cli): void {
  exports
    .command("cancel <id>")
    .description("stop an export that is queued or processing")
    .action(async (id: string) => show(cli, await cli.spillway.exports.cancel(id)));

  exports
    .command("retry <id>")
    .description("go on with a failed export, after its last complete file")
    .option("--wait", "wait until it is completed")
    .action(async (id: string, { wait }: EndOptions) => {
      const { spillway } = cli;
      const retried = await spillway.exports.retry(id);
      if (wait === true) await followToEnd(cli, spillway, id, {});
      else show(cli, retried);
    });

  exports
    .command("delete <id>")
    .description("remove an export and its files, but those in your own bucket")
    .option("--yes", "do not ask")
    .action(async (id: string, { yes }: { yes?: boolean }) => {
      await confirm(cli, `The export ${id} and its files are removed.`, yes);
      await cli.spillway.exports.delete(id);
      cli.out.result({ id, deleted: true }, [`The export ${id} is removed.`]);
    });
}

function show(cli: Cli, shown: Export): void {
  cli.out.thing({ ...withoutLinks(shown), id: shown.id }, exportRecord(shown));
}
