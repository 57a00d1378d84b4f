/** The context of one process: the product's own, of which each effect waits for its turn on the stage. */

import { env } from "cloudflare:workers";
import { Budget } from "../../../src/budget.ts";
import { openDatabases } from "../../../src/db/core/shards.ts";
import type { Context, Message, WebhookMessage } from "../../../src/context.ts";
import { CustomerBuckets } from "../../../src/outbound/customer.ts";
import { Bucket } from "../../../src/outbound/s3.ts";
import { stagedD1, stagedObjects } from "./d1.ts";
import { connectionLost } from "./effects.ts";
import type { MemoryS3 } from "./memory-s3.ts";
import { type Received, stagedBucket, stagedReceiver } from "./outside.ts";
import type { Letter } from "./queue.ts";
import type { Process, Stage } from "./stage.ts";

const MESSAGE_DELAY_MS = 70_000;
/** An address that a receiver may have. */
const SOMEWHERE = "93.184.215.14";

/** A message, before the queue has it. */
export type Posted =
  | Pick<Extract<Letter, { queue: "exports" }>, "queue" | "body">
  | Pick<Extract<Letter, { queue: "webhooks" }>, "queue" | "body">;

export interface Around {
  stage: Stage;
  s3: MemoryS3;
  received: Received[];
  /** Outcomes of exports that were measured. */
  measured: string[];
  config: Context["config"];
  sizes: Context["sizes"];
  /** Calls after which an invocation checkpoints. */
  checkpointAfter: number;
  roll: () => number;
  post: (message: Posted, delayMs: number) => void;
}

export function stagedContext(around: Around, process: Process): Context {
  const { stage, s3, received, measured, config, sizes, checkpointAfter, roll, post } = around;
  const now = () => stage.now;
  const budget = new HastyBudget(now, checkpointAfter);
  const send = (label: string, detail: string, put: (delayMs: number) => void) =>
    stage.perform(process, {
      label,
      nature: "send",
      detail,
      act: async () => put(0),
      broken: connectionLost,
      instead: async (fault) => void (fault === "delayed" && put(MESSAGE_DELAY_MS)),
    });
  return {
    config,
    sizes,
    budget,
    runtime: {
      now,
      uuid: () => uuid(roll),
      randomBytes: (count) => Uint8Array.from({ length: count }, () => Math.floor(roll() * 256)),
      random: roll,
    },
    databases: openDatabases(
      {
        CONTROL_DB: stagedD1(env.CONTROL_DB, "control", stage, process),
        SPACE_DB: stagedD1(env.SPACE_DB, "space", stage, process),
        SPACE_HOME: stagedObjects(env.SPACE_HOME, stage, process),
      },
      budget,
    ),
    bucket: new Bucket(config.bucket, now, budget.counted(stagedBucket(s3, stage, process)), "service"),
    customers: new CustomerBuckets(
      { aws: null, stsEndpoint: null, allowInsecureTargets: false },
      {
        now,
        fetch: async () => Promise.reject(new Error("no customer's bucket is in these tests")),
        resolve: async () => [],
      },
    ),
    send: (messages: readonly Message[], delaySeconds = 0) =>
      send("send", messages.map(({ step, n }) => `${step} ${n}`).join(", "), (delayMs) => {
        for (const body of messages)
          post({ queue: "exports", body: structuredClone(body) }, delayMs + delaySeconds * 1000);
      }),
    sendWebhook: (body: WebhookMessage, delaySeconds: number) =>
      send("sendWebhook", body.delivery_id, (delayMs) =>
        post({ queue: "webhooks", body: structuredClone(body) }, delayMs + delaySeconds * 1000),
      ),
    // A play runs all slices of a sweep as one process: see support/sweep.ts.
    sendMaintenance: async () => {},
    fetch: stagedReceiver(received, stage, process),
    resolve: (name) =>
      stage.perform(process, {
        label: "hook.resolve",
        nature: "read",
        detail: name,
        act: async () => [SOMEWHERE],
        broken: connectionLost,
      }),
    measure: (point) => void (point.kind === "export" && measured.push(point.outcome)),
  };
}

/** Cloudflare's budget, of which work is to leave the most. */
class HastyBudget extends Budget {
  readonly #checkpointAfter: number;

  constructor(now: () => number, checkpointAfter: number) {
    super(now);
    this.#checkpointAfter = checkpointAfter;
  }

  override get isNearlySpent(): boolean {
    return this.used.subrequests >= this.#checkpointAfter || super.isNearlySpent;
  }
}

/** A random UUID, version 4 of RFC 9562. */
function uuid(roll: () => number): string {
  const digit = (n: number) => (n === 12 ? 4 : n === 16 ? 8 + Math.floor(roll() * 4) : Math.floor(roll() * 16));
  const hex = Array.from({ length: 32 }, (_, n) => digit(n).toString(16)).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
