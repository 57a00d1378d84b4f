/** Verifications that schedules ask for, and running ones whose messages were lost. One slice does both. */

import {
  claimStuckVerifications,
  listDueVerifications,
  type VerificationRef,
} from "../db/exports/due-verifications.ts";
import { skipVerification } from "../db/exports/verifications.ts";
import { log } from "../log.ts";
import type { Context } from "../context.ts";
import { beginVerification } from "../export/api/verify.ts";

/** Rows of one query that a slice works through before it asks the budget again. */
const ROWS = 50;

type VerifyingContext = Pick<Context, "budget" | "config" | "databases" | "runtime" | "send">;

/** @returns whether more is due. */
export async function verifyExports(context: VerifyingContext): Promise<boolean> {
  return (await beginDue(context)) || (await resend(context));
}

async function beginDue(context: VerifyingContext): Promise<boolean> {
  const { budget, databases, runtime } = context;
  for (;;) {
    const due = await listDueVerifications(databases.control, runtime.now(), ROWS);
    for (const of of due) {
      if (of.wanted === 0) await skipVerification(databases.control, of);
      else {
        const begun = await beginVerification(context, of, "scheduled", runtime.uuid());
        if (begun !== null) await context.send([begun.message]);
      }
      if (budget.isNearlySpent) return true;
    }
    if (due.length < ROWS) return false;
  }
}

async function resend(context: VerifyingContext): Promise<boolean> {
  const { budget, config, databases, runtime } = context;
  do {
    const stuck = await claimStuckVerifications(databases.control, runtime.now(), config.resendAfterMs, ROWS);
    for (const each of stuck) log("verification.resent", { ...each });
    await context.send(stuck.map(verifyMessage));
    if (stuck.length < ROWS) return false;
  } while (!budget.isNearlySpent);
  return true;
}

const verifyMessage = (of: VerificationRef) => ({ ...of, step: "verify" as const, generation: 0 });
