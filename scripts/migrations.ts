/**
 * `npm run migrations:check` says which migrations are not forward-compatible: which statements the code that still
 * runs during a rollout may not survive, and which files were changed after they were recorded. `npm run
 * migrations:record` records new files. `npm run deploy` asks the same before it runs a migration.
 */

import { readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { readSums, record, type Sums, sumsOf } from "./migrations/record.ts";
import { adviseAgainst, type Advice, type Made } from "./migrations/rules.ts";
import { statementsIn } from "./migrations/statements.ts";
import { ROOT } from "./stack.ts";

/** The project's own: a folder for each kind of database. */
export const MIGRATIONS = join(ROOT, "src", "db", "migrations");

export interface Finding extends Advice {
  /** Its path in the folder that was read: `control/0003_name.sql`. */
  file: string;
  /** From 1. */
  line: number;
}

/** @param dir has a folder for each kind of database. @returns findings in the order of files and lines. */
export function lintMigrations(dir: string = MIGRATIONS): Finding[] {
  const sums = sumsOf(dir);
  const recorded = readSums(dir);
  const missing = [...recorded.keys()].filter((file) => !sums.has(file));
  return [
    ...missing.map((file) => ({
      file,
      line: 1,
      reason: "the file is recorded, and missing",
      instead: "Restore it: installations have run it. What it made is removed by a new migration.",
    })),
    ...[...sums].flatMap(([file, sum]) => [
      ...lintFile(file, sum, recorded),
      ...lintStatements(file, readFileSync(join(dir, file), "utf8")),
    ]),
  ];
}

/** `src/db/migrations/control/0003_name.sql:4: …`, and the advice on a line of its own. */
export const findingText = ({ file, line, reason, instead }: Finding, dir: string = MIGRATIONS): string =>
  `${relative(ROOT, join(dir, file))}:${line}: ${reason}.\n  ${instead}`;

function lintFile(file: string, sum: string, recorded: Sums): Finding[] {
  const here = (reason: string, instead: string): Finding[] => [{ file, line: 1, reason, instead }];
  const number = numberOf(file);
  if (number === null)
    return here("the name of a migration is 0001_name.sql", "Rename it: its number says when it runs.");
  if (recorded.has(file))
    return recorded.get(file) === sum
      ? []
      : here(
          "the file was changed after it was recorded, and no installation runs it again",
          "Restore it, and write a new migration. If no installation has run it, remove its line from SHA256SUMS, and " +
            "run `npm run migrations:record`.",
        );
  const isLate = [...recorded.keys()].some(
    (other) => dirname(other) === dirname(file) && (numberOf(other) ?? "") >= number,
  );
  return [
    ...here("the file is not recorded", "Run `npm run migrations:record` when nothing more will change in it."),
    ...(isLate ? here("a migration with its number, or a later one, is recorded", "Give it the next number.") : []),
  ];
}

function lintStatements(file: string, sql: string): Finding[] {
  const made: Made = new Set();
  return statementsIn(sql).flatMap((statement) => {
    const advice = adviseAgainst(statement, made);
    return advice === null ? [] : [{ file, line: statement.line, ...advice }];
  });
}

const numberOf = (file: string) => /^\d{4}(?=_[a-z0-9_]+\.sql$)/.exec(basename(file))?.[0] ?? null;

if (import.meta.main) {
  if (process.argv.includes("--record"))
    for (const file of record(MIGRATIONS)) console.log(`recorded ${relative(ROOT, join(MIGRATIONS, file))}`);
  const findings = lintMigrations();
  for (const finding of findings) console.error(findingText(finding));
  if (findings.length > 0) process.exitCode = 1;
}
