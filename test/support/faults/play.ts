/**
 * Plays one export from its request to the day after, under a plan of faults: client, queue, consumers, cron and clock.
 * It runs until the export is final, no message waits, no process runs, and the sweep has cleaned up.
 */

import { env } from "cloudflare:workers";
import { cancel } from "../../../src/export/api/actions.ts";
import { createExport } from "../../../src/export/api/create.ts";
import { type Context, MAX_INVOCATION_MS } from "../../../src/context.ts";
import { deliver } from "../../../src/webhooks/deliver.ts";
import { handleDeadLetter, runStep, type Verdict } from "../../../src/export/pipeline/run.ts";
import { sweep } from "../sweep.ts";
import { dice, pick } from "../random.ts";
import type { Fault } from "./effects.ts";
import { MemoryS3 } from "./memory-s3.ts";
import type { Received } from "./outside.ts";
import type { Plan } from "./plans.ts";
import { type Letter, Queue } from "./queue.ts";
import type { Rig } from "./rig.ts";
import { Stage } from "./stage.ts";
import { type Around, type Posted, stagedContext } from "./staged-context.ts";

/** A client without an answer repeats the call, with the same idempotency key. */
const REPEAT_AFTER_MS = 61_000;
const MAX_RETRIES = 4;
const MAX_CLOSINGS = 6;

/** The service, or a mutation of it that the checks must find. */
export type Tamper = (context: Context, play: Play) => Context;

export class Play {
  readonly s3: MemoryS3;
  readonly stage: Stage;
  readonly received: Received[] = [];
  /** Outcomes that were measured. */
  readonly measured: string[] = [];
  /** Errors from code that must not throw. */
  readonly thrown: unknown[] = [];
  exportId: string | null = null;
  /** Called whenever the export has failed, before it is retried. */
  onFailed: ((exportId: string) => Promise<void>) | null = null;
  /** How often a client retried the export after it had failed. */
  retries = 0;
  canceled = false;
  /** Each time it failed: the code and who had to act. */
  readonly failures: { code: string; owner: string }[] = [];
  readonly #rig: Rig;
  readonly #plan: Plan;
  readonly #roll: () => number;
  readonly #queue = new Queue();
  readonly #tamper: Tamper;
  readonly #around: Around;
  #nextCron: number;
  #createAt: number | null;
  #faultless = false;

  constructor(rig: Rig, plan: Plan, tamper: Tamper = (context) => context) {
    this.#rig = rig;
    this.#plan = plan;
    this.#roll = dice(plan.seed * 7_919 + 17);
    this.#tamper = tamper;
    this.s3 = new MemoryS3(`${rig.config.bucket.endpoint}/${rig.config.bucket.name}`);
    this.s3.maxKeys = rig.maxKeys;
    this.stage = new Stage(rig.startsAt, (effect) => (this.#faultless ? null : plan.faultAt(effect)));
    this.stage.tickMs = plan.tickMs;
    const { s3, stage, received, measured } = this;
    const { checkpointAfter, config, sizes } = rig;
    const post = (message: Posted, delayMs: number) => this.#post(message, delayMs);
    this.#around = { s3, stage, received, measured, config, sizes, checkpointAfter, roll: this.#roll, post };
    this.#createAt = rig.startsAt;
    this.#nextCron = rig.startsAt + plan.cronMs;
  }

  get mayFail(): boolean {
    return this.#plan.mayFail;
  }

  /** The faults that happened, in order. */
  get faults(): { fault: Fault; name: string; by: string }[] {
    return this.stage.trace.flatMap(({ fault, name, by }) => (fault === null ? [] : [{ fault, name, by }]));
  }

  async run(): Promise<void> {
    await this.#runUntilIdle();
    for (let closing = 0; closing < MAX_CLOSINGS && (closing === 0 || (await this.#isUntidy())); closing += 1) {
      this.stage.now += MAX_INVOCATION_MS + 60_000;
      // A lasting fault ends at some time.
      this.#faultless ||= closing > MAX_CLOSINGS / 2;
      this.#sweep();
      await this.#runUntilIdle();
    }
  }

  /** Runs as far as it goes by itself, and retries a failed export. */
  async #runUntilIdle(): Promise<void> {
    for (;;) {
      await this.#step();
      const { maxEffects } = this.#plan;
      if (this.stage.trace.length > maxEffects) throw new Error(`no end after ${maxEffects} effects`);
      if (!(await this.#isIdle())) continue;
      if (!(await this.#retryFailed())) return;
    }
  }

  async #step(): Promise<void> {
    const { stage } = this;
    await stage.settle();
    for (const process of stage.suspended) if (process.resumeAt <= stage.now) stage.resume(process);
    if (this.#createAt !== null && this.#createAt <= stage.now) this.#create();
    if (this.#cancelIsDue) this.#cancel();
    const visible = this.#queue.visible(stage.now);
    const room = visible.length > 0 && stage.running.length < this.#plan.width;
    await stage.settle();
    if (room && (stage.waiting === 0 || this.#roll() < 0.4)) this.#consume(pick(this.#roll, visible));
    else if (stage.waiting > 0)
      await stage.grant(this.#plan.width === 1 ? 0 : Math.floor(this.#roll() * stage.waiting));
  }

  /** Nothing can happen now: moves the clock to the next event. @returns whether there is none. */
  async #isIdle(): Promise<boolean> {
    const { stage } = this;
    await stage.settle();
    if (this.#cancelIsDue || stage.waiting > 0 || stage.running.length > 0 || this.#queue.visible(stage.now).length > 0)
      return false;
    const sweepAt = await this.#sweepAt();
    const times = [
      ...stage.suspended.map((process) => process.resumeAt),
      ...[this.#queue.nextAt, this.#createAt, sweepAt].filter((at) => at !== null),
    ];
    if (times.length === 0) return true;
    // A clock shows whole milliseconds.
    stage.now = Math.ceil(Math.max(stage.now, Math.min(...times)));
    if (sweepAt !== null && sweepAt <= stage.now) this.#sweep();
    return false;
  }

  /** The time of the next sweep that may find work; null when there is none. Sweeps before that find nothing. */
  async #sweepAt(): Promise<number | null> {
    const row = await env.CONTROL_DB.prepare(
      `SELECT status, wake_at, (SELECT min(next_attempt_at) FROM webhook_deliveries d WHERE d.subject_id = e.id AND d.status = 'pending') AS tell_at
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
    const row = await env.CONTROL_DB.prepare("SELECT cleanup_at FROM exports WHERE id = ?1 AND status <> 'failed'")
      .bind(this.exportId)
      .first<{ cleanup_at: number | null }>();
    return row !== null && row.cleanup_at !== null;
  }

  /** A failed export: ends all faults, and a client retries it. */
  async #retryFailed(): Promise<boolean> {
    const row = await env.CONTROL_DB.prepare(
      "SELECT error_code, error_owner FROM exports WHERE id = ?1 AND status = 'failed'",
    )
      .bind(this.exportId)
      .first<{ error_code: string; error_owner: string }>();
    const id = this.exportId;
    if (row === null || id === null || this.retries >= MAX_RETRIES) return false;
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

  #create(): void {
    const again = this.stage.now + REPEAT_AFTER_MS;
    this.#createAt = null;
    const key = "the same each time";
    const order = { space: this.#rig.space, request: this.#rig.request, requestId: "", idempotencyKey: key };
    const created = createOf(order);
    this.#start("create", created, {
      ok: ({ id }) => {
        this.exportId = id;
        this.#createAt = null;
      },
      failed: () => (this.#createAt = this.exportId === null ? again : null),
      died: () => (this.#createAt = again),
    });
  }

  get #cancelIsDue(): boolean {
    const { cancelAt } = this.#plan;
    return cancelAt !== null && !this.canceled && this.exportId !== null && this.stage.trace.length >= cancelAt;
  }

  #cancel(): void {
    const id = this.exportId;
    if (id === null) return;
    this.canceled = true;
    // The export has ended already, or the call was cut off.
    this.#start("cancel", (context) => cancel(context, this.#rig.space.id, id), { failed: () => {} });
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
    const work = (context: Context): Promise<Verdict> => {
      if (queue === "webhooks") return deliver(context, body);
      return queue === "dead" ? handleDeadLetter(context, body) : runStep(context, body, attempts);
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
    work: (context: Context) => Promise<Result>,
    ended: {
      ok?: (result: Result) => void;
      failed?: (thrown: unknown) => void;
      died?: (forgotten: boolean) => void;
    } = {},
  ): void {
    this.stage.start(name, (process) => work(this.#tamper(stagedContext(this.#around, process), this)), {
      ok: (result) => ended.ok?.(result),
      failed: (thrown) => {
        if (ended.failed === undefined) this.thrown.push(thrown);
        else ended.failed(thrown);
      },
      died: (forgotten) => ended.died?.(forgotten),
    });
  }

  #post(message: Posted, delayMs: number): void {
    const late = this.#roll() < this.#plan.shuffled ? this.#roll() * 20_000 : 0;
    this.#queue.put({ ...message, attempts: 1, visibleAt: this.stage.now + delayMs + late });
  }
}

type Order = Omit<Parameters<typeof createExport>[1], "answer">;

function createOf(order: Order): (context: Context) => Promise<{ id: string }> {
  return (context) => createExport(context, { ...order, answer: (row) => JSON.stringify({ id: row.id }) });
}
