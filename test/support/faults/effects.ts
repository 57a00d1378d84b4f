/**
 * Effects and what can go wrong with them. An effect is whatever an export does that somebody else may see or that may fail:
 * a query or commit in D1, a message sent, a call to the bucket, a call to a receiver of webhooks.
 */

export type Nature = "read" | "commit" | "send" | "bucket" | "hook";

export interface Effect {
  /** From 0, in the order in which they happen. */
  index: number;
  /** What it is, and the how many-th of these: `control.commit#7`. */
  name: string;
  label: string;
  nature: Nature;
  /** Who does it. */
  by: string;
  detail: string;
}

/** Before: as if it had never been asked. After: it took effect, and nobody was told. */
export const FAULTS = [
  "fails before",
  "fails after",
  // The process dies there; the queue brings its message again, or (forgotten) never does.
  "cut before",
  "cut after",
  "cut before, forgotten",
  "cut after, forgotten",
  // The process stands still there. Late: others take over meanwhile. Very late: everything is over when it goes on.
  "late before",
  "late after",
  "very late before",
  "very late after",
  "twice",
  // Of messages.
  "lost",
  "held back",
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
const LATE_BEFORE = ["late before", "very late before"] as const;
const LATE_AFTER = ["late after", "very late after"] as const;
const ANY = [
  "fails before",
  "fails after",
  ...CUT_BEFORE,
  ...CUT_AFTER,
  ...LATE_BEFORE,
  ...LATE_AFTER,
  "twice",
] as const;

const KINDS: Record<Nature, readonly Fault[]> = {
  // Before and after are one for what changes nothing.
  read: ["fails before", ...CUT_BEFORE, ...LATE_BEFORE],
  commit: ANY,
  send: [...ANY, "lost", "held back"],
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
  ["GET", "LIST", "UPLOADS", "CREATE", "COMPLETE"].map((c) => `bucket.${c}`),
);

/** Every fault that may befall this effect. */
export function faultsOf(effect: Pick<Effect, "nature" | "label">): Fault[] {
  return KINDS[effect.nature].filter((fault) => fault !== "answer cut off" || ANSWERED.has(effect.label));
}

/** How a connection breaks, as the runtime says it. */
export const connectionLost = (): Error => new Error("Network connection lost.");
