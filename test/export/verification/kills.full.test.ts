/**
 * A consumer of a verification that dies, or a call of it that fails, at each of its effects: a query, a read of the
 * bucket, a message. Whenever that happens, the verdict is that of an undisturbed verification, and the damage is told
 * once.
 */

import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { openDatabases } from "../../../src/db/core/shards.ts";
import type { Context, Message } from "../../../src/context.ts";
import { beginVerification } from "../../../src/export/api/verify.ts";
import { runStep } from "../../../src/export/pipeline/run.ts";
import { verifyExports } from "../../../src/maintenance/verifications.ts";
import { Bucket } from "../../../src/outbound/s3.ts";
import type { MemoryS3 } from "../../support/faults/memory-s3.ts";
import { deliveriesOf } from "../../support/receiver.ts";
import type { ExportView, Service, Space } from "../../support/service.ts";
import {
  flipped,
  keysOf,
  shopWithMemory,
  statusesOf,
  THREE_FILES,
  verificationOf,
} from "../../support/verification.ts";

const FAULTS = ["dies before", "dies after", "fails before", "fails after"] as const;

/** A consumer that has one fault, at its nth effect; a dead one has no effects any more. */
class Consumer {
  effects = 0;
  #isDead = false;
  readonly #at: number;
  readonly #fault: (typeof FAULTS)[number];

  constructor(at: number, fault: (typeof FAULTS)[number]) {
    this.#at = at;
    this.#fault = fault;
  }

  async effect<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    if (this.#isDead) throw new Error("dead");
    this.effects += 1;
    if (this.effects !== this.#at) return work();
    if (this.#fault.endsWith("after")) await work();
    this.#isDead = this.#fault.startsWith("dies");
    throw new Error(this.#fault);
  }

  context({ context }: Service, s3: MemoryS3): Context {
    const { config, budget, runtime } = context;
    const reach: typeof fetch = (input, init) => this.effect(() => s3.fetch(input, init));
    return {
      ...context,
      databases: openDatabases({ CONTROL_DB: this.#d1(env.CONTROL_DB), SPACE_DB: env.SPACE_DB }, budget),
      bucket: new Bucket(config.bucket, () => runtime.now(), reach, "service"),
      send: (...sent) => this.effect(() => context.send(...sent)),
      sendWebhook: (...sent) => this.effect(() => context.sendWebhook(...sent)),
    };
  }

  #d1(real: D1Database): D1Database {
    const wrapped = new WeakMap<object, D1PreparedStatement>();
    const prepare = (prepared: D1PreparedStatement): object => {
      const own = {
        bind: (...values: unknown[]) => prepare(prepared.bind(...values)),
        all: () => this.effect(() => prepared.all()),
        run: () => this.effect(() => prepared.run()),
      };
      wrapped.set(own, prepared);
      return own;
    };
    return {
      prepare: (sql: string) => prepare(real.prepare(sql)),
      batch: (statements: object[]) =>
        this.effect(() => real.batch(statements.flatMap((each) => wrapped.get(each) ?? []))),
    } as unknown as D1Database;
  }
}

let service: Service;
let space: Space;
let s3: MemoryS3;
let view: ExportView;
let verifications = 0;

beforeEach(async () => {
  vi.spyOn(console, "error").mockImplementation(() => {});
  ({ service, space, s3 } = await shopWithMemory());
  view = await service.export(space, { ...THREE_FILES, callback_url: "https://hooks.test/x" });
  const [first = "", second = ""] = keysOf(space, view).files;
  s3.objects.delete(first);
  s3.objects.set(second, flipped(s3.objects.get(second)));
  verifications = 0;
});
afterEach(() => vi.restoreAllMocks());

/** Begins a verification, has one consumer with a fault, and others until it is finished. @returns the first one. */
async function verifyWith(at: number, fault: (typeof FAULTS)[number]): Promise<Consumer> {
  const of = { space_id: space.id, id: view.id };
  const begun = await beginVerification(service.context, of, "requested", "");
  if (begun === null) throw new Error("another one runs");
  verifications += 1;
  const consumer = new Consumer(at, fault);
  const verdict = await runStep(consumer.context(service, s3), begun.message, 1);
  if (verdict !== "ack") service.queue.push(begun.message);
  // A dead consumer's message may be lost: the sweep sends another.
  service.now += 1_000_000;
  await verifyExports(service.context);
  service.queue.splice(0, Infinity, ...service.queue.filter((message: Message) => message.space_id === space.id));
  await service.pump();
  service.now += 1_000_000;
  await service.pump();
  return consumer;
}

it.each(FAULTS)("the verdict is the same when a consumer %s any of its effects", async (fault) => {
  const undisturbed = await verifyWith(0, fault);
  expect(undisturbed.effects).toBeGreaterThan(10);
  for (let at = 1; at <= undisturbed.effects; at += 1) {
    await verifyWith(at, fault);
    const found = await verificationOf(service, space, view.id);
    expect([at, found]).toMatchObject([at, { status: "finished", missing: 1, changed: 1, unreadable: 0 }]);
    expect([at, statusesOf(view, found)]).toEqual([at, ["missing", "changed", "ok", "ok"]]);
  }
  const told = await deliveriesOf(service, space, `export_id=${view.id}`);
  const damages = told.filter(({ type }) => type === "export.damaged").map(({ webhook_id }) => webhook_id);
  expect(new Set(damages).size).toBe(verifications);
  expect(damages).toHaveLength(verifications);
});
