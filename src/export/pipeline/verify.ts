/**
 * verify: reads every file of a completed export back from where it is, the manifest first, and compares it with what
 * was written. What is done is written down after each batch of files, and within a large file where it stopped; an
 * invocation ends after two minutes and sends itself on, so that a large verification delays no small one.
 *
 * Files that the store does not deliver are read again in further rounds, with growing delays. A file is `unreadable`
 * only after the last round, or when the store refuses it.
 */

import { type ExportRow, findExport } from "../../db/exports/exports.ts";
import {
  findVerification,
  finishVerification,
  hasRetries,
  type HeldVerification,
  listRetries,
  MANIFEST_N,
  type Problem,
  saveVerified,
  type VerificationRow,
  type VerifiedSoFar,
} from "../../db/exports/verifications.ts";
import { listFilesAfter } from "../../db/exports/files.ts";
import type { SpillwayError } from "../../errors.ts";
import { log, logFailure } from "../../log.ts";
import type { Context, Message } from "../../context.ts";
import { bucketOf, destinationOf } from "../delivery/destination.ts";
import { fileKey, isCustomerBucket, manifestBeside, manifestKey } from "../delivery/object-keys.ts";
import { MAX_UNSTOPPED_BYTES, type PartlyRead, readBack, type Written } from "../output/read-back.ts";
import { type Verdict, verdictOf, verdictOfRefusal } from "./verdict.ts";
import type { Bucket } from "../../outbound/s3.ts";
import { backoffSeconds, MAX_ATTEMPTS } from "./backoff.ts";
import { dispatchDeliveries } from "./dispatch.ts";
import { type Lease, withLease } from "./lease.ts";
import { inParallel } from "./parallel.ts";

export type VerifyContext = Pick<
  Context,
  "bucket" | "budget" | "config" | "customers" | "databases" | "runtime" | "send" | "sendWebhook"
>;

/** An invocation in the queue: others' verifications go on after that. */
const MAX_MS = 120_000;
/** To hash so much takes 45 seconds of CPU time. */
const MAX_BYTES = 8 * 1_073_741_824;
/** Files that are read together, and what they may have in all. */
const FILES = 32;
const AT_ONCE = 4;
/** So many failed reads in a row mean that the store is away: the round ends. */
const MAX_FAILURES = 3;
/** The rounds take as long as the attempts of an export's step. */
const MAX_ROUNDS = MAX_ATTEMPTS;

/** A file to read. */
interface Target extends Written {
  n: number;
  /** It was reached in an earlier round. */
  again: boolean;
}

/** How an invocation ends: the next goes on after so many seconds, the work is finished, or the lease is lost. */
type End = { inSeconds: number } | "finished" | "lost";

/** @param maxMs after which the work is sent on. */
export async function verify(context: VerifyContext, message: Message, maxMs = MAX_MS): Promise<void> {
  const { space_id: spaceId, export_id: exportId } = message;
  const row = await findExport(context.databases.control, spaceId, exportId);
  if (row?.status !== "completed") return;
  const end = await withLease(context, message, "export_verifications", (verification, lease) =>
    new Pass(context, row, verification, lease, context.runtime.now() + maxMs).run(),
  );
  if (end === null || end === "lost") return;
  if (end === "finished") await onVerified(context, message);
  else await context.send([message], end.inSeconds);
}

/**
 * A verification that cannot go on: the files that were not reached are unreadable. Where another consumer has a live
 * lease on it, it goes on there, unless `error` says that no repetition helps.
 */
export async function endVerification(context: VerifyContext, message: Message, error: SpillwayError): Promise<void> {
  const { control } = context.databases;
  const of = { space_id: message.space_id, id: message.export_id };
  const verification = await findVerification(control, of);
  if (verification === null || verification.n !== message.n) return;
  const now = context.runtime.now();
  if (error.retryable && verification.lease_until > now) return;
  const held = { of, n: verification.n, leaseUntil: verification.lease_until };
  if (await finishVerification(control, held, { now, rest: error.message })) await onVerified(context, message);
}

/** Never throws: the verification is finished, and the sweep sends the deliveries that fail here. */
async function onVerified(context: VerifyContext, { space_id, export_id, n, request_id }: Message): Promise<void> {
  const about = { space_id, export_id, verification: n, request_id };
  try {
    const found = await findVerification(context.databases.control, { space_id, id: export_id });
    if (found?.status !== "finished") return;
    const { files_total: files, missing, changed, unreadable, started_at, ended_at } = found;
    const ms = (ended_at ?? started_at) - started_at;
    log("export.verified", { ...about, files, missing, changed, unreadable, ms });
    await dispatchDeliveries(context, space_id, export_id);
  } catch (thrown) {
    logFailure("export.notify_failed", thrown, about);
  }
}

/** The work of one invocation on a verification. */
class Pass {
  readonly #context: VerifyContext;
  readonly #row: ExportRow;
  readonly #lease: Lease;
  readonly #until: number;
  readonly #n: number;
  readonly #startBytes: number;
  #so: Pick<VerificationRow, "round" | "after_n" | "partial" | "files_checked" | "bytes_read">;
  /** Failed reads in a row. */
  #failures = 0;

  constructor(context: VerifyContext, row: ExportRow, verification: VerificationRow, lease: Lease, until: number) {
    this.#context = context;
    this.#row = row;
    this.#lease = lease;
    this.#until = until;
    this.#n = verification.n;
    this.#so = verification;
    this.#startBytes = verification.bytes_read;
    lease.track(() => this.#so.bytes_read);
  }

  async run(): Promise<End> {
    const bucket = await this.#openBucket();
    for (;;) {
      const targets = await this.#nextTargets();
      if (targets.length === 0) return this.#endRound("");
      const verdicts = await this.#readAll(bucket, targets);
      const refusal = [...verdicts.values()].flatMap((each) => refusalOf(each))[0];
      const isAway = this.#failures >= MAX_FAILURES;
      const release = !isAway && refusal === undefined && this.#shouldStop();
      if (!(await this.#save(targets, verdicts, { release }))) return "lost";
      if (release) return { inSeconds: 0 };
      if (refusal !== undefined) return this.#finish(refusal);
      if (isAway) return this.#endRound([...verdicts.values()].flatMap((each) => detailOf(each))[0] ?? "");
      if (!(await this.#lease.shouldContinue())) return "lost";
    }
  }

  /** A destination that was deleted, or whose credentials cannot be read, is a reason not to read. */
  async #openBucket(): Promise<Bucket | Verdict> {
    try {
      return await bucketOf(this.#context, this.#row, "read");
    } catch (thrown) {
      const verdict = verdictOfRefusal(thrown, isCustomerBucket(this.#row));
      return verdict.status === "unreadable" ? { ...verdict, everywhere: true } : verdict;
    }
  }

  /** The files that no round has reached, in order, then those that could not be read in an earlier round. */
  async #nextTargets(): Promise<Target[]> {
    const { control } = this.#context.databases;
    const { after_n: after, round } = this.#so;
    const manifest = this.#manifest();
    if (after < MANIFEST_N && manifest !== null) return [manifest];
    const files = await listFilesAfter(control, this.#row, Math.max(after, MANIFEST_N), FILES);
    const fresh = files.map((file) => this.#target(file.n, file, false));
    if (fresh.length > 0) return together(fresh);
    const retries = await listRetries(control, this.#row, this.#n, round, FILES);
    return together(
      retries.flatMap((file) => {
        if (file.file_n === MANIFEST_N) return manifest === null ? [] : [{ ...manifest, again: true }];
        return [this.#target(file.file_n, file, true)];
      }),
    );
  }

  #target(
    n: number,
    file: { name: string | null; bytes: number | null; sha256: string | null },
    again: boolean,
  ): Target {
    const key = fileKey(this.#row, file.name ?? "");
    return { n, again, key, bytes: file.bytes ?? 0, sha256: file.sha256 ?? "" };
  }

  /** Null: an older version of the service completed the export. */
  #manifest(): Target | null {
    const { manifest_bytes: bytes, manifest_sha256: sha256 } = this.#row;
    if (bytes === null || sha256 === null) return null;
    const destination = destinationOf(this.#row);
    const key = destination === null ? manifestKey(this.#row) : manifestBeside(this.#row, destination);
    return { n: MANIFEST_N, again: false, key, bytes, sha256 };
  }

  async #readAll(bucket: Bucket | Verdict, targets: readonly Target[]): Promise<Map<number, Verdict>> {
    const verdicts = new Map<number, Verdict>();
    await this.#lease.during(() =>
      inParallel(targets, AT_ONCE, async (target) => {
        const verdict = "status" in bucket ? bucket : await this.#read(bucket, target);
        this.#failures = verdict.status === "again" ? this.#failures + 1 : 0;
        verdicts.set(target.n, verdict);
      }),
    );
    return verdicts;
  }

  async #read(bucket: Bucket, target: Target): Promise<Verdict> {
    const customers = isCustomerBucket(this.#row);
    try {
      const read = await readBack(bucket, target, {
        from: this.#partial(target),
        onBytes: (bytes) => (this.#so = { ...this.#so, bytes_read: this.#so.bytes_read + bytes }),
        shouldStop: async () => this.#shouldStop(),
      });
      return verdictOf(read, target, customers);
    } catch (thrown) {
      return verdictOfRefusal(thrown, customers);
    }
  }

  #partial({ n }: Target): PartlyRead | null {
    const partial = this.#so.partial === null ? null : (JSON.parse(this.#so.partial) as PartlyRead & { n: number });
    return partial?.n === n ? partial : null;
  }

  #shouldStop(): boolean {
    const { budget, runtime } = this.#context;
    const read = this.#so.bytes_read - this.#startBytes;
    return budget.isNearlySpent || runtime.now() >= this.#until || read >= MAX_BYTES;
  }

  /** Writes the verdicts down. @returns false when the lease was lost. */
  async #save(
    targets: readonly Target[],
    verdicts: ReadonlyMap<number, Verdict>,
    more: Partial<Pick<VerifiedSoFar, "round" | "release">> & { delayMs?: number } = {},
  ): Promise<boolean> {
    const { control } = this.#context.databases;
    const { round = this.#so.round, release = false, delayMs = 0 } = more;
    const problems: Problem[] = [];
    const solved: number[] = [];
    const { after_n, files_checked } = this.#so;
    const so = { ...this.#so, round, partial: targets.length === 0 ? this.#so.partial : null };
    for (const { n, again } of targets) {
      const verdict = verdicts.get(n);
      if (verdict === undefined) continue;
      if (verdict.status === "stopped") {
        so.partial = JSON.stringify({ ...verdict.partly, n });
        continue;
      }
      if (!again) {
        so.after_n = Math.max(so.after_n, n);
        so.files_checked += 1;
      }
      if (verdict.status === "ok" && again) solved.push(n);
      if (verdict.status === "again")
        problems.push({ file_n: n, status: "unreadable", detail: verdict.detail, retry_round: round + 1 });
      else if (verdict.status !== "ok")
        problems.push({ file_n: n, status: verdict.status, detail: verdict.detail, retry_round: null });
    }
    const { config, runtime } = this.#context;
    const wakeAt = runtime.now() + delayMs + config.resendAfterMs + config.leaseMs;
    const saved = await saveVerified(control, this.#held, { ...so, problems, solved, wakeAt, release });
    this.#so = saved ? so : { ...this.#so, after_n, files_checked };
    return saved;
  }

  /** All files were reached, or the store is away: another round follows, or the last one has ended. */
  async #endRound(whyAway: string): Promise<End> {
    const { control } = this.#context.databases;
    const { round } = this.#so;
    const isDone = whyAway === "" && !(await hasRetries(control, this.#row, this.#n));
    if (isDone || round >= MAX_ROUNDS) return this.#finish(whyAway === "" ? null : whyAway);
    const inSeconds = backoffSeconds(round, this.#context.runtime.random());
    const next = { round: round + 1, release: true, delayMs: inSeconds * 1_000 };
    return (await this.#save([], new Map(), next)) ? { inSeconds } : "lost";
  }

  async #finish(rest: string | null): Promise<End> {
    const end = { now: this.#context.runtime.now(), rest };
    return (await finishVerification(this.#context.databases.control, this.#held, end)) ? "finished" : "lost";
  }

  get #held(): HeldVerification {
    return { of: this.#row, n: this.#n, leaseUntil: this.#lease.until };
  }
}

/** Why no file can be read. */
const refusalOf = (verdict: Verdict): string[] =>
  verdict.status === "unreadable" && verdict.everywhere ? [verdict.detail] : [];

const detailOf = (verdict: Verdict): string[] => (verdict.status === "again" ? [verdict.detail] : []);

/** The first files that are read together: small ones, or one large one. */
function together(files: readonly Target[]): Target[] {
  let bytes = 0;
  const fits = files.findIndex((file) => (bytes += file.bytes) > MAX_UNSTOPPED_BYTES);
  return files.slice(0, fits === -1 ? files.length : Math.max(fits, 1));
}
