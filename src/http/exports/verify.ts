/**
 * POST /v1/exports/{id}/verify: a small export is verified while the caller waits, another one in the background. The
 * files that a verification did not find as they were written are a list of their own.
 */

import { SpillwayError } from "../../errors.ts";
import { listFilesAfter } from "../../db/exports/files.ts";
import { findVerification, listProblems } from "../../db/exports/verifications.ts";
import { type Begun, beginVerification } from "../../export/api/verify.ts";
import { verify } from "../../export/pipeline/verify.ts";
import { logFailure } from "../../log.ts";
import { list } from "../list.ts";
import { type Call, found, json, route } from "../route.ts";
import { IdInPath } from "../schemas.ts";
import { noResultBecause } from "./no-result.ts";
import { exportOf, POLL_AFTER, unexpired } from "./resource.ts";
import { FILES_IN_VERIFICATION, showProblem, showVerification, Verification, VerifiedFile } from "./verification.ts";

/** What is verified while the caller waits: it takes a few seconds. */
const MAX_WAITED_FILES = 50;
const MAX_WAITED_BYTES = 64 * 1_048_576;
/** A slow store's are verified to their end in the background. */
const MAX_WAIT_MS = 20_000;

export const verifyRoute = route({
  method: "POST",
  path: "/{id}/verify",
  operationId: "verifyExport",
  summary: "Verify the files of an export",
  description: `Reads every file of a completed export, and its manifest, back from where it is, and compares its length and SHA-256 with those that were written. The result is also the export's \`verification\`, until the next one.\n\nUp to ${MAX_WAITED_FILES} files with ${MAX_WAITED_BYTES} bytes in all are verified at once (200); more, or those of a store that is slow or fails, in the background (202). While a verification runs, the call starts no other, and shows that one (202). Where a file is missing or changed, the event \`export.damaged\` is sent. The call counts as a \`create\`.`,
  auth: "exports:write",
  portal: ["exports:write"],
  limit: "create",
  params: IdInPath,
  responses: {
    200: { description: "The verification is finished.", schema: Verification },
    202: {
      description: "The verification runs. Poll the export.",
      schema: Verification,
      headers: { Location: "The export's address.", "Retry-After": "Seconds to wait before polling." },
    },
  },
  errors: ["conflict", "gone"],
  async handle(call, { space, params: { id } }) {
    const row = await unexpired(call, space.id, id);
    const why = noResultBecause(row);
    if (why !== null) throw new SpillwayError("conflict", why);
    const begun = await beginVerification(call.context, row, "requested", call.requestId);
    if (begun !== null) await run(call, begun);
    const files = await listFilesAfter(call.databases.control, row, -1, FILES_IN_VERIFICATION);
    const shown = found(await showVerification(call, row, files));
    if (begun !== null && shown.status === "finished") return json(shown);
    return json(shown, 202, { location: `/v1/exports/${id}`, ...POLL_AFTER });
  },
});

export const problemsRoute = list({
  path: "/{id}/verification/problems",
  operationId: "listVerificationProblems",
  summary: "List the files that a verification found fault with",
  description:
    "Every file that the export's newest verification did not find as it was written. Empty until it is finished, and where each file is `ok`.",
  auth: "exports:read",
  portal: ["exports:read"],
  params: IdInPath,
  item: VerifiedFile,
  page: "The manifest, if it is one of them, then files in the order of their rows.",
  async read(call, { space, params: { id }, limit, after }) {
    const row = await exportOf(call, space.id, id);
    const { control } = call.databases;
    const newest = await findVerification(control, row);
    if (newest?.status !== "finished") return [];
    const problems = await listProblems(control, row, newest.n, limit, after?.time);
    return problems.map((problem) => ({ row, problem }));
  },
  positionOf: ({ problem }) => ({ time: problem.file_n, id: "" }),
  show: ({ row, problem }) => showProblem(row, problem),
});

/** Never throws: the verification is begun, and the sweep continues one that was cut off. */
async function run(call: Call, { message, files, bytes }: Begun): Promise<void> {
  const isSmall = files <= MAX_WAITED_FILES && bytes <= MAX_WAITED_BYTES;
  try {
    if (isSmall) await verify(call.context, message, MAX_WAIT_MS);
    else await call.context.send([message]);
  } catch (thrown) {
    logFailure("verification.failed", thrown, { ...message });
  }
}
