/** The newest verification of an export, as the API shows it. */

import * as z from "zod";
import type { ExportRow } from "../../db/exports/exports.ts";
import type { FileRow } from "../../db/exports/files.ts";
import {
  findVerification,
  listProblems,
  MANIFEST_N,
  type ProblemRow,
  type VerificationRow,
} from "../../db/exports/verifications.ts";
import { destinationOf } from "../../export/delivery/destination.ts";
import { manifestBeside, manifestName, shownName } from "../../export/delivery/object-keys.ts";
import { iso } from "../../time/names.ts";
import type { Call } from "../route.ts";
import { Count, Time } from "../schemas.ts";

/** Files that a verification lists. */
export const FILES_IN_VERIFICATION = 100;

export const VerifiedFile = z
  .object({
    name: z.string().meta({
      description: "The file's name; in your own bucket, the object's whole key. The manifest is one of the files.",
    }),
    status: z.enum(["ok", "missing", "changed", "unreadable"]).meta({
      description:
        "`missing`: no object is at the key. `changed`: another object is. `unreadable`: the service could not read the object, so it may be as it was.",
    }),
    detail: z.string().nullable().meta({ description: "What was found, and who must do what; null for `ok`." }),
  })
  .meta({ id: "VerifiedFile" });

const VerificationOfAnyStatus = z.object({
  status: z.enum(["running", "finished", "abandoned"]),
  reason: z.enum(["requested", "scheduled"]).meta({
    description: "`scheduled`: `verify_after_days` of the export's schedule asked for it.",
  }),
  started_at: Time,
  verified_at: Time.nullable(),
  ok: z.boolean().nullable(),
  files_total: Count.meta({ description: "With the manifest." }),
  files_checked: Count,
  bytes_total: Count,
  bytes_read: Count,
  missing: Count.nullable(),
  changed: Count.nullable(),
  unreadable: Count.nullable(),
  files: z.array(VerifiedFile).meta({
    description: `Of a finished verification the first ${FILES_IN_VERIFICATION} files: those that are not \`ok\`, then the others. Empty once the files have expired. \`GET /v1/exports/{id}/verification/problems\` has every one that is not \`ok\`.`,
  }),
});

type View = z.output<typeof VerificationOfAnyStatus>;

const none = z.null();
/** Until a verification is finished. */
const unfinished = { verified_at: none, ok: none, missing: none, changed: none, unreadable: none };

/** Its findings are known once it is finished. */
export const Verification: z.ZodType<View> = z
  .discriminatedUnion("status", [
    VerificationOfAnyStatus.extend({ status: z.literal("running"), ...unfinished }),
    VerificationOfAnyStatus.extend({
      status: z.literal("finished"),
      verified_at: Time,
      ok: z.boolean().meta({ description: "Whether every file is as it was written." }),
      missing: Count,
      changed: Count,
      unreadable: Count.meta({ description: "Files that could not be read: they may be as they were." }),
    }),
    VerificationOfAnyStatus.extend({
      status: z
        .literal("abandoned")
        .meta({ description: "The export's files expired before the verification was finished." }),
      ...unfinished,
    }),
  ])
  .meta({ id: "Verification" });

/** @param files the export's first files, at least FILES_IN_VERIFICATION where it has so many. */
export async function showVerification(call: Call, row: ExportRow, files: readonly FileRow[]): Promise<View | null> {
  const { control } = call.databases;
  const found = await findVerification(control, row);
  if (found === null) return null;
  if (found.status !== "finished" || row.status !== "completed") return { ...view(found), files: [] };
  const problems = isOk(found) ? [] : await listProblems(control, row, found.n, FILES_IN_VERIFICATION);
  return { ...view(found), files: listed(row, files, problems) };
}

const isOk = ({ missing, changed, unreadable }: VerificationRow): boolean =>
  (missing ?? 0) + (changed ?? 0) + (unreadable ?? 0) === 0;

function view(row: VerificationRow): Omit<View, "files"> {
  const isFinished = row.status === "finished";
  return {
    status: row.status,
    reason: row.reason,
    started_at: iso(row.started_at),
    verified_at: isFinished && row.ended_at !== null ? iso(row.ended_at) : null,
    ok: isFinished ? isOk(row) : null,
    files_total: row.files_total,
    files_checked: row.files_checked,
    bytes_total: row.bytes_total,
    // What is read again counts again.
    bytes_read: Math.min(row.bytes_read, row.bytes_total),
    missing: row.missing,
    changed: row.changed,
    unreadable: row.unreadable,
  };
}

/** The files with problems, then the others in their order. */
function listed(row: ExportRow, files: readonly FileRow[], problems: readonly ProblemRow[]): View["files"] {
  const bad = new Set(problems.map(({ file_n }) => file_n));
  const good = [{ n: MANIFEST_N, name: null }, ...files].filter(({ n }) => !bad.has(n));
  return [
    ...problems.map((problem) => showProblem(row, problem)),
    ...good.map(({ name }) => ({ name: nameOf(row, name), status: "ok" as const, detail: null })),
  ].slice(0, FILES_IN_VERIFICATION);
}

export const showProblem = (row: ExportRow, { name, status, detail }: ProblemRow) => ({
  name: nameOf(row, name),
  status,
  detail,
});

/** @param name the ledger's; null: the manifest. */
function nameOf(row: ExportRow, name: string | null): string {
  if (name !== null) return shownName(row, name);
  const destination = destinationOf(row);
  return destination === null ? manifestName(row) : manifestBeside(row, destination);
}
