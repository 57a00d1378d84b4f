/**
 * Plays one export from its request to the day after, under a plan of faults: client, queue, consumers, cron and clock. Goes
 * on until the export is final, no message waits, nobody is at work, and the sweep has put away what it has to.
 */

import { env } from "cloudflare:workers";
import { newMeter } from "../../../src/db/database.ts";
import { openDatabases } from "../../../src/db/shards.ts";
import { cancel } from "../../../src/export/calls.ts";
import { createExport } from "../../../src/export/create.ts";
import { type Hall, LAST_CALL_MS, type Message, type WebhookMessage } from "../../../src/export/hall.ts";
import { deliver } from "../../../src/export/notify.ts";
import { giveUp, runStep, type Verdict } from "../../../src/export/run.ts";
import { sweep } from "../../../src/export/sweep.ts";
import { dice, pick } from "../random.ts";
import { Bucket } from "../../../src/outbound/s3.ts";
import { stagedD1 } from "./d1.ts";
import { connectionLost, type Fault } from "./effects.ts";
import { MemoryS3 } from "./memory-s3.ts";
import { type Received, stagedBucket, stagedReceiver } from "./outside.ts";
import type { Plan } from "./plans.ts";
import { type Letter, Queue } from "./queue.ts";
import type { Rig } from "./rig.ts";
import { type Process, Stage } from "./stage.ts";

/** A run that has more effects than this does not come to an end. */
const MOST_EFFECTS = 6_000;
const HELD_BACK_MS = 70_000;
/** A client that had no answer asks again, with the same idempotency key. */
const ASK_AGAIN_MS = 61_000;
const MOST_RETRIES = 4;
const MOST_CLOSINGS = 6;

/** The product, or what a test puts in its place to see whether that is noticed. */
export type Tamper = (hall: Hall, play: Play) => Hall;

export class Play {
  readonly s3: MemoryS3;
  readonly stage: Stage;
  readonly received: Received[] = [];
  /** Outcomes that were measured. */
  readonly measured: string[] = [];
  /** What was thrown where nothing may be. */
  readonly thrown: unknown[] = [];
  exportId: string | null = null;
  /** Called whenever the export has failed, before it is taken up again. */
  onFailed: ((exportId: string) => Promise<void>) | null = null;
  /** How often a client took the export up again after it had failed. */
  retries = 0;
  canceled = false;
  /** Each time it failed: the code and whose turn it was. */
  readonly failures: { code: string; owner: string }[] = [];
  readonly #rig: Rig;
  readonly #plan: Plan;
  readonly #roll: () => number;
  readonly #queue = new Queue();
  readonly #tamper: Tamper;
  #nextCron: number;
  #askAt: number | null;
  #faultless = false;

  constructor(rig: Rig, plan: Plan, tamper: Tamper = (hall) => hall) {
    this.#rig = rig;
    this.#plan = plan;
    this.#roll = dice(plan.seed * 7_919 + 17);
    this.#tamper = tamper;
    this.s3 = new MemoryS3(`${rig.config.bucket.endpoint}/${rig.config.bucket.name}`);
    this.stage = new Stage(rig.startsAt, (effect) => (this.#faultless ? null : plan.faultAt(effect)));
    this.stage.tickMs = plan.tickMs;
    this.#askAt = rig.startsAt;
    this.#nextCron = rig.startsAt + plan.cronMs;
  }

  /** The faults that happened, in order. */
  get faults(): { fault: Fault; name: string; by: string }[] {
    return this.stage.trace.flatMap(({ fault, name, by }) => (fault === null ? [] : [{ fault, name, by }]));
  }

  async run(): Promise<void> {
    await this.#goOn();
    for (let closing = 0; closing < MOST_CLOSINGS && (closing === 0 || (await this.#isUntidy())); closing += 1) {
      this.stage.now += LAST_CALL_MS + 60_000;
      // What was to go wrong for ever is mended at some time.
      this.#faultless ||= closing > MOST_CLOSINGS / 2;
      this.#sweep();
      await this.#goOn();
    }
  }

  /** As far as it goes by itself; a failed export is taken up again. */
  async #goOn(): Promise<void> {
    for (;;) {
      await this.#step();
      if (this.stage.trace.length > MOST_EFFECTS) throw new Error(`no end after ${MOST_EFFECTS} effects`);
      if (!(await this.#isIdle())) continue;
      if (!(await this.#takeUpAgain())) return;
    }
  }

  async #step(): Promise<void> {
    const { stage } = this;
    await stage.settle();
    for (const process of stage.suspended) if (process.resumeAt <= stage.now) stage.resume(process);
    if (this.#askAt !== null && this.#askAt <= stage.now) this.#ask();
    if (this.#plan.cancelAt !== null && !this.canceled && stage.trace.length >= this.#plan.cancelAt) this.#cancel();
    const visible = this.#queue.visible(stage.now);
    const room = visible.length > 0 && stage.running.length < this.#plan.width;
    await stage.settle();
    if (room && (stage.waiting === 0 || this.#roll() < 0.4)) this.#consume(pick(this.#roll, visible));
    else if (stage.waiting > 0) await stage.grant(this.#plan.width === 1 ? 0 : Math.floor(this.#roll() * stage.waiting));
  }

  /** Nothing can happen now: moves the clock to what comes next. @returns whether nothing comes. */
  async #isIdle(): Promise<boolean> {
    const { stage } = this;
    await stage.settle();
    if (stage.waiting > 0 || stage.running.length > 0 || this.#queue.visible(stage.now).length > 0) return false;
    const sweepAt = await this.#sweepAt();
    const times = [
      ...stage.suspended.map((process) => process.resumeAt),
      ...[this.#queue.nextAt, this.#askAt, sweepAt].filter((at) => at !== null),
    ];
    if (times.length === 0) return true;
    stage.now = Math.max(stage.now, Math.min(...times));
    if (sweepAt !== null && sweepAt <= stage.now) this.#sweep();
    return false;
  }

  /** When the sweep comes that may find something; null when there is nothing to be found. Those between find nothing. */
  async #sweepAt(): Promise<number | null> {
    const row = await env.CONTROL_DB.prepare(
      `SELECT status, wake_at, (SELECT min(next_attempt_at) FROM webhook_deliveries d WHERE d.export_id = e.id AND d.status = 'pending') AS tell_at
       FROM exports e WHERE id = ?1`,
    )
      .bind(this.exportId)
      .first<{ status: string; wake_at: number; tell_at: number | null }>();
    if (row === null) return null;
    const inFlight = row.status === "queued" || row.status === "processing";
    const due = inFlight ? row.wake_at : row.tell_at;
    return due === null ? null : Math.max(this.#nextCron, due);
  }

  async #isUntidy(): Promise<boolean> {
    const row = await env.CONTROL_DB.prepare("SELECT put_away_at FROM exports WHERE id = ?1 AND status <> 'failed'")
      .bind(this.exportId)
      .first<{ put_away_at: number | null }>();
    return row !== null && row.put_away_at !== null;
  }

  /** A failed export: what refused is mended, and a client takes it up again. */
  async #takeUpAgain(): Promise<boolean> {
    const row = await env.CONTROL_DB.prepare("SELECT error_code, error_owner FROM exports WHERE id = ?1 AND status = 'failed'")
      .bind(this.exportId)
      .first<{ error_code: string; error_owner: string }>();
    const id = this.exportId;
    if (row === null || id === null || this.retries >= MOST_RETRIES) return false;
    this.failures.push({ code: row.error_code, owner: row.error_owner });
    await this.onFailed?.(id);
    this.#faultless = true;
    this.retries += 1;
    const { service, owner } = this.#rig;
    service.now = this.stage.now;
    await service.json("POST", `/v1/exports/${id}/retry`, 202, { key: owner.key });
    for (const body of service.queue.splice(0)) this.#post({ queue: "exports", body }, 0);
    return true;
  }

  #ask(): void {
    const again = this.stage.now + ASK_AGAIN_MS;
    this.#askAt = null;
    const key = "the same each time";
    const order = { space: this.#rig.space, request: this.#rig.request, requestId: "", idempotencyKey: key };
    const made = createOf(order);
    this.#start("create", made, {
      ok: ({ id }) => {
        this.exportId = id;
        this.#askAt = null;
      },
      failed: () => (this.#askAt = this.exportId === null ? again : null),
      died: () => (this.#askAt = again),
    });
  }

  #cancel(): void {
    if (this.exportId === null) return;
    const id = this.exportId;
    this.canceled = true;
    // Too late, or cut off: as it is.
    this.#start("cancel", (hall) => cancel(hall, this.#rig.space.id, id), { failed: () => {} });
  }

  #sweep(): void {
    this.#nextCron = this.stage.now + this.#plan.cronMs;
    this.#start("sweep", sweep);
  }

  #consume(letter: Letter): void {
    const twice = this.#roll() < this.#plan.doubled;
    this.#queue.take(letter);
    if (twice) this.#queue.put({ ...letter, visibleAt: this.stage.now });
    const { body, queue, attempts } = letter;
    const work = (hall: Hall): Promise<Verdict> => {
      if (queue === "webhooks") return deliver(hall, body);
      return queue === "dead" ? giveUp(hall, body) : runStep(hall, body, attempts);
    };
    const name = queue === "webhooks" ? "webhook" : queue === "dead" ? "give up" : `${body.step} ${body.n}`;
    this.#start(`${name}, try ${attempts}`, work, {
      ok: (verdict) => this.#queue.settle(letter, verdict, this.stage.now),
      failed: (thrown) => {
        // A step turns what it meets into a verdict; the others may throw.
        if (queue === "exports") this.thrown.push(thrown);
        this.#queue.unanswered(letter, this.stage.now);
      },
      died: (forgotten) => {
        if (!forgotten) this.#queue.unanswered(letter, this.stage.now);
      },
    });
  }

  #start<Result>(
    name: string,
    work: (hall: Hall) => Promise<Result>,
    ended: { ok?: (result: Result) => void; failed?: (thrown: unknown) => void; died?: (forgotten: boolean) => void } = {},
  ): void {
    this.stage.start(name, (process) => work(this.#tamper(this.#hallOf(process), this)), {
      ok: (result) => ended.ok?.(result),
      failed: (thrown) => {
        if (ended.failed === undefined) this.thrown.push(thrown);
        else ended.failed(thrown);
      },
      died: (forgotten) => ended.died?.(forgotten),
    });
  }

  #hallOf(process: Process): Hall {
    const { stage, s3 } = this;
    const { config, sizes } = this.#rig;
    const roll = this.#roll;
    const now = () => stage.now;
    const send = (label: string, detail: string, put: (delayMs: number) => void) =>
      stage.perform(process, {
        label,
        nature: "send",
        detail,
        act: async () => put(0),
        broken: connectionLost,
        instead: async (fault) => put(fault === "lost" ? Number.NaN : HELD_BACK_MS),
      });
    return {
      config,
      sizes,
      world: {
        now,
        uuid: () => uuid(roll),
        randomBytes: (count) => Uint8Array.from({ length: count }, () => Math.floor(roll() * 256)),
        random: roll,
      },
      databases: openDatabases(
        {
          CONTROL_DB: stagedD1(env.CONTROL_DB, "control", stage, process),
          SPACE_DB: stagedD1(env.SPACE_DB, "space", stage, process),
        },
        newMeter(),
      ),
      bucket: new Bucket(config.bucket, now, stagedBucket(s3, stage, process), "service"),
      send: (messages: readonly Message[]) =>
        send("send", messages.map(({ step, n }) => `${step} ${n}`).join(", "), (delayMs) => {
          for (const body of messages) this.#post({ queue: "exports", body: structuredClone(body) }, delayMs);
        }),
      sendWebhook: (body: WebhookMessage, delaySeconds: number) =>
        send("sendWebhook", body.delivery_id, (delayMs) =>
          this.#post({ queue: "webhooks", body: structuredClone(body) }, delayMs + delaySeconds * 1000),
        ),
      fetch: stagedReceiver(this.received, stage, process),
      resolve: (name) =>
        stage.perform(process, {
          label: "hook.resolve",
          nature: "read",
          detail: name,
          act: async () => ["93.184.215.14"],
          broken: connectionLost,
        }),
      measure: (point) => void (point.kind === "export" && this.measured.push(point.outcome)),
    };
  }

  /** @param delayMs NaN: it is lost. */
  #post(letter: { queue: "exports"; body: Message } | { queue: "webhooks"; body: WebhookMessage }, delayMs: number): void {
    if (Number.isNaN(delayMs)) return;
    const late = this.#roll() < this.#plan.shuffled ? this.#roll() * 20_000 : 0;
    this.#queue.put({ ...letter, attempts: 1, visibleAt: this.stage.now + delayMs + late });
  }
}

type Order = Omit<Parameters<typeof createExport>[1], "answer">;

function createOf(order: Order): (hall: Hall) => Promise<{ id: string }> {
  return (hall) => createExport(hall, { ...order, answer: (row) => JSON.stringify({ id: row.id }) });
}

/** A version 4 UUID by dice. */
function uuid(roll: () => number): string {
  const hex = Array.from({ length: 32 }, (_, n) => (n === 12 ? 4 : Math.floor(roll() * 16)).toString(16)).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
