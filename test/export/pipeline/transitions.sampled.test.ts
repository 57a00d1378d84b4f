/**
 * Random sequences of calls, messages and sweeps, from seeds: each change of status is a legal transition, a final
 * status stays, a completed export has all its files, and a canceled one leaves no object. A failed test prints its
 * sequence.
 */

import { expect, it } from "vitest";
import type { ExportStatus } from "../../../src/db/exports/status.ts";
import type { Message } from "../../../src/context.ts";
import { MAX_ATTEMPTS } from "../../../src/export/pipeline/backoff.ts";
import { TRANSITIONS } from "../../../src/export/pipeline/state.ts";
import { sweep } from "../../support/sweep.ts";
import { s3Error } from "../../support/aws.ts";
import { lostAnswer, objectsOf, throughLine, uploadsOf } from "../../support/bucket.ts";
import { deliver, eventIdsOf, roomyService } from "../../support/pipeline.ts";
import { between, dice, pick, shuffled } from "../../support/random.ts";
import { seedGroups } from "../../support/seeds.ts";
import { orders, type Service, type Space } from "../../support/service.ts";

const SEQUENCES = 200;
const A_TEST = 20;
const GROUPS = seedGroups({ first: 0, few: A_TEST / 2, full: 2 * A_TEST, all: SEQUENCES }, A_TEST);
const STEPS = 20;
const GROUP_WITHIN_MS = 240_000;
const WEEK_MS = 7 * 86_400_000;
const EVENTS = 5;
const IDS = orders(EVENTS).map((event) => event["id"]);

/** One service, one space, its exports, and what a client has seen of them. */
class Sequence {
  readonly service: Service = roomyService({ PENDING_LIMIT: "3" });
  readonly #roll: () => number;
  readonly #space: Space;
  /** The status that was seen last; `gone` after a DELETE. */
  readonly #seen = new Map<string, ExportStatus | "gone">();
  readonly #waiting: { message: Message; attempt: number }[] = [];
  readonly #delivered: Message[] = [];
  readonly trace: string[] = [];
  /** How likely a request to the bucket goes wrong. */
  #faults = 0;

  private constructor(roll: () => number, space: Space) {
    this.#roll = roll;
    this.#space = space;
    this.service.context.sizes = {
      chunkRows: 3,
      chunkBytes: 25_000_000,
      chunkScan: 2_000_000,
      partBytes: 5 * 1_048_576,
      fileBytes: 100_000_000,
    };
    throughLine(this.service, async (sent, pass) => {
      if (roll() >= this.#faults) return pass();
      return roll() < 0.5 ? s3Error(503, "SlowDown") : lostAnswer(sent, pass);
    });
  }

  static async begin(seed: number): Promise<Sequence> {
    const service = roomyService();
    const space = await service.shop({ retention_days: 3_650 });
    await service.send(space, orders(EVENTS));
    return new Sequence(dice(seed), space);
  }

  async #call(method: string, path: string, body?: unknown): Promise<Response> {
    return this.service.call(method, path, { key: this.#space.key, ...(body === undefined ? {} : { body }) });
  }

  /** One random step. Each adds its name to the trace. */
  async step(): Promise<void> {
    const [any, waits] = [this.#seen.size > 0 ? 1 : 0, this.#waiting.length > 0 ? 1 : 0];
    const actions: [weight: number, name: string, act: () => Promise<unknown>][] = [
      [any === 0 ? 20 : 2, "create", () => this.#create()],
      [any, "cancel", () => this.#post("cancel")],
      [2 * any, "retry", () => this.#post("retry")],
      [any, "delete", () => this.#delete()],
      [10 * waits, "deliver", () => this.#deliver()],
      [3 * waits, "deliver together", () => Promise.all([this.#deliver(), this.#deliver(), this.#deliver()])],
      [2 * waits, "cancel meanwhile", () => Promise.all([this.#deliver(), this.#deliver(), this.#post("cancel")])],
      [2 * waits, "give up", () => this.#lastTry()],
      [waits, "lose", async () => void this.#take()],
      [this.#delivered.length > 0 ? 2 : 0, "deliver again", () => this.#again()],
      [2, "trouble", async () => void (this.#faults = pick(this.#roll, [0, 0.1, 0.5, 1]))],
      [2, "sweep", () => sweep(this.service.context)],
      [3, "time", async () => void (this.service.now += pick(this.#roll, [1_000, 31_000, 901_000, WEEK_MS, WEEK_MS]))],
    ];
    const all = actions.flatMap((action) => Array.from({ length: action[0] }, () => action));
    const [, name, act] = pick(this.#roll, all);
    this.trace.push(name);
    await act();
    this.#waiting.push(...this.service.queue.splice(0).map((message) => ({ message, attempt: 1 })));
    await this.look();
  }

  async #create(): Promise<void> {
    const layout = pick(this.#roll, [{ layout: "single" }, { layout: "files", file_rows: 3 }]);
    const window = { start: orders(1)[0]?.["occurred_at"], end: "2026-03-01T12:00:00.000Z" };
    const answer = await this.#call("POST", "/v1/exports", { dataset: "activity_events", ...window, ...layout });
    const { id } = await answer.json<{ id: string }>();
    expect([202, 429]).toContain(answer.status);
    if (answer.status === 202) this.#seen.set(id, "queued");
  }

  #some(): string | undefined {
    return this.#seen.size === 0 ? undefined : pick(this.#roll, [...this.#seen.keys()]);
  }

  async #post(verb: "cancel" | "retry"): Promise<void> {
    const id = this.#some();
    if (id === undefined) return;
    const answer = await this.#call("POST", `/v1/exports/${id}/${verb}`);
    await answer.body?.cancel();
    const before = this.#seen.get(id);
    expect(before === "gone" ? [404] : [202, 409, 429]).toContain(answer.status);
    // A retry may fail again before the next poll: it was queued in between.
    if (answer.status === 202) this.#saw(id, verb === "retry" ? "queued" : "canceled");
  }

  async #delete(): Promise<void> {
    const id = this.#some();
    if (id === undefined) return;
    const answer = await this.#call("DELETE", `/v1/exports/${id}`);
    await answer.body?.cancel();
    expect(this.#seen.get(id) === "gone" ? [404] : [202, 204]).toContain(answer.status);
    if (answer.status === 204) this.#seen.set(id, "gone");
    if (answer.status === 202) this.#saw(id, "canceled");
  }

  #take(): { message: Message; attempt: number } | undefined {
    const at = between(this.#roll, 0, Math.max(0, this.#waiting.length - 1));
    return this.#waiting.splice(at, 1)[0];
  }

  async #deliver(): Promise<void> {
    const next = this.#take();
    if (next === undefined) return;
    this.#delivered.push(next.message);
    const verdict = await deliver(this.service, next.message, next.attempt);
    if (verdict !== "ack") this.#waiting.push({ message: next.message, attempt: next.attempt + 1 });
  }

  async #lastTry(): Promise<void> {
    const next = this.#take();
    const faults = this.#faults;
    this.#faults = 1;
    if (next !== undefined) expect(await deliver(this.service, next.message, MAX_ATTEMPTS)).toBe("ack");
    this.#faults = faults;
  }

  async #again(): Promise<void> {
    if (this.#delivered.length > 0) await deliver(this.service, pick(this.#roll, this.#delivered), 1);
  }

  #saw(id: string, status: ExportStatus | "gone"): void {
    const before = this.#seen.get(id);
    this.#seen.set(id, status);
    if (before === status) return;
    const hint = `${id}: ${before} → ${status} after ${this.trace.join(", ")}`;
    expect(before !== "gone" && before !== undefined && status !== "gone" && isPath(before, status), hint).toBe(true);
  }

  /** Reads all exports: each change of status must be a path of legal transitions. */
  async look(): Promise<void> {
    const sql = "SELECT id, status FROM exports WHERE space_id = ?1 AND deleted_at IS NULL";
    const { control } = this.service.context.databases;
    const rows = await control.all<{ id: string; status: ExportStatus }>(sql, [this.#space.id]);
    const found = new Map(rows.map((row) => [row.id, row.status]));
    for (const id of this.#seen.keys()) this.#saw(id, found.get(id) ?? "gone");
  }

  /** The bucket and the queue work again: every export becomes final, and each end is checked. */
  async end(): Promise<Record<string, number>> {
    this.#faults = 0;
    // The last sweeps run when every earlier step must have ended.
    for (let rounds = 2; rounds > 0; rounds -= this.#waiting.length > 0 || this.#isAnyInFlight() ? 0 : 1) {
      for (const { message, attempt } of shuffled(this.#roll, this.#waiting.splice(0)))
        if ((await deliver(this.service, message, Math.min(attempt, MAX_ATTEMPTS - 1))) !== "ack")
          this.#waiting.push({ message, attempt });
      this.service.now += 901_000;
      await sweep(this.service.context);
      this.#waiting.push(...this.service.queue.splice(0).map((message) => ({ message, attempt: 1 })));
      await this.look();
    }
    const ends: Record<string, number> = {};
    for (const [id, status] of this.#seen) {
      ends[status] = (ends[status] ?? 0) + 1;
      await this.#expectEnd(id, status);
    }
    return ends;
  }

  /** A sweep works on all spaces: exports of one sequence must not be left for the next. */
  async clear(): Promise<void> {
    const { control } = this.service.context.databases;
    for (const table of [
      "export_chunks",
      "export_files",
      "export_upload_parts",
      "export_messages",
      "export_events",
      "exports",
    ])
      await control.run(`DELETE FROM ${table} WHERE space_id = ?1`, [this.#space.id]);
    await control.run("DELETE FROM spaces WHERE id = ?1", [this.#space.id]);
  }

  #isAnyInFlight(): boolean {
    return [...this.#seen.values()].some((status) => status === "queued" || status === "processing");
  }

  async #expectEnd(id: string, status: ExportStatus | "gone"): Promise<void> {
    const hint = `${id} is ${status} after ${this.trace.join(", ")}`;
    const objects = await objectsOf(this.service, this.#space, id);
    expect(uploadsOf(this.#space, id), hint).toEqual([]);
    if (status === "completed") {
      const view = await this.service.poll(this.#space, id);
      expect(await eventIdsOf(this.service, view), hint).toEqual(IDS);
      expect(objects, hint).toEqual([...view.files.map((file) => file.name), `_${id}-manifest.json`].toSorted());
    } else if (status === "failed") {
      expect(await this.service.poll(this.#space, id), hint).toMatchObject({ files: [], manifest_url: null });
    } else {
      expect(["canceled", "expired", "gone"], hint).toContain(status);
      expect(objects, hint).toEqual([]);
    }
  }
}

/** Is there a path of transitions from one status to another? */
function isPath(from: ExportStatus, to: ExportStatus): boolean {
  const reached = new Set<ExportStatus>(TRANSITIONS[from]);
  // Only a call requeues a failed export, and the trace has all calls.
  for (const status of reached) if (status !== "failed") for (const next of TRANSITIONS[status]) reached.add(next);
  return reached.has(to);
}

/** How many exports ended in each status, in all sequences. */
const reached: Record<string, number> = {};

it.each(GROUPS.map((group) => [group[0], group] as const))(
  "makes only legal transitions, and ends in the expected status, in up to twenty sequences from seed %i on",
  async (_first, group) => {
    for (const seed of group) {
      const sequence = await Sequence.begin(seed);
      for (let step = 0; step < STEPS; step += 1) await sequence.step();
      for (const [status, count] of Object.entries(await sequence.end()))
        reached[status] = (reached[status] ?? 0) + count;
      await sequence.clear();
    }
  },
  GROUP_WITHIN_MS,
);

// A sample of a few sequences reaches the rare ends now and then.
const EVERY_END = ["completed", "failed", "canceled", "expired", "gone"];
const [ENDS, ENOUGH] = GROUPS.length * A_TEST < SEQUENCES ? [["completed", "canceled", "gone"], 0] : [EVERY_END, 10];

it("has reached every final status often enough", () => {
  for (const status of ENDS) expect(reached[status] ?? 0, JSON.stringify(reached)).toBeGreaterThan(ENOUGH);
});
