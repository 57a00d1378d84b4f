/**
 * Effects and their faults. An effect is any action of an export that is visible outside or that can fail:
 * a query or commit in D1, a message sent, a call to the bucket, a call to a receiver of webhooks.
 */

export type Nature = "read" | "commit" | "send" | "bucket" | "hook";

export interface Effect {
  /** From 0, in the order in which they happen. */
  index: number;
  /** Its label and how many of that label came before it, plus one: `control.commit#7`. */
  name: string;
  label: string;
  nature: Nature;
  /** Who does it. */
  by: string;
  detail: string;
}

/** Before: it has no effect. After: it has its effect, and its answer is lost. */
export const FAULTS = [
  "fails before",
  "fails after",
  // The process dies there; the queue delivers its message again, or (forgotten) never does.
  "cut before",
  "cut after",
  "cut before, forgotten",
  "cut after, forgotten",
  // The process stops there. Stalled: others take over meanwhile. Long stalled: all has ended when it continues.
  "stalled before",
  "stalled after",
  "long stalled before",
  "long stalled after",
  "twice",
  // Of messages.
  "lost",
  "delayed",
  // Of answers.
  "500",
  "503 SlowDown",
  "429 TooManyRequests",
  "403 AccessDenied",
  "403 RequestTimeTooSkewed",
  "404 NoSuchBucket",
  "302",
  "no answer before",
  "no answer after",
  "answer cut off",
] as const;

export type Fault = (typeof FAULTS)[number];

const CUT_BEFORE = ["cut before", "cut before, forgotten"] as const;
const CUT_AFTER = ["cut after", "cut after, forgotten"] as const;
const STALLED_BEFORE = ["stalled before", "long stalled before"] as const;
const STALLED_AFTER = ["stalled after", "long stalled after"] as const;
const ANY = [
  "fails before",
  "fails after",
  ...CUT_BEFORE,
  ...CUT_AFTER,
  ...STALLED_BEFORE,
  ...STALLED_AFTER,
  "twice",
] as const;

const KINDS: Record<Nature, readonly Fault[]> = {
  // A read has no effect, so that before and after are the same.
  read: ["fails before", ...CUT_BEFORE, ...STALLED_BEFORE],
  commit: ANY,
  send: [...ANY, "lost", "delayed"],
  bucket: [
    ...ANY,
    "500",
    "503 SlowDown",
    "429 TooManyRequests",
    "403 AccessDenied",
    "403 RequestTimeTooSkewed",
    "404 NoSuchBucket",
    "no answer before",
    "no answer after",
    "answer cut off",
  ],
  hook: [...ANY, "500", "429 TooManyRequests", "302", "no answer before", "no answer after"],
};

/** Calls whose answer has a body that is read. */
const ANSWERED: ReadonlySet<string> = new Set(
  ["GET", "LIST", "UPLOADS", "DELETE ALL", "CREATE", "COMPLETE"].map((c) => `bucket.${c}`),
);

/** Every fault that may befall this effect. */
export function faultsOf(effect: Pick<Effect, "nature" | "label">): Fault[] {
  return KINDS[effect.nature].filter((fault) => fault !== "answer cut off" || ANSWERED.has(effect.label));
}

/** The error of a broken connection, as the runtime throws it. */
export const connectionLost = (): Error => new Error("Network connection lost.");
