/**
 * Cloudflare as the service is deployed on it: databases, queues and their consumers, the cron trigger, isolates that
 * die, the limiter's Durable Objects, and the Worker itself. Names and limits come from wrangler.toml.
 */

import { join } from "node:path";
import { SimulatedBucket } from "./bucket.ts";
import { Clock } from "./clock.ts";
import { SimulatedD1 } from "./d1.ts";
import { D1Server } from "./d1-server.ts";
import { enter } from "./globals.ts";
import { Invocation, outside } from "./invocation.ts";
import { LogCounts } from "./log-counts.ts";
import { BUCKET_ENDPOINT } from "./network.ts";
import { SimulatedObjects } from "./objects.ts";
import { type Batch, SimulatedQueue } from "./queue.ts";
import { seededRandom, tailed } from "./random.ts";
import type { ExecutionContext, LimiterClass, Worker } from "./worker.ts";
import type { ConsumerSettings, DeployedSettings } from "./wrangler.ts";

const ROOT = new URL("../..", import.meta.url).pathname;

/** The platform ends a consumer and a cron after 15 minutes. */
const MAX_WALL_MS = 15 * 60_000;
/** What an invocation costs beside its rows: reading a message or a request, statements, a signature, a log line. */
const CPU_MS = { invocation: 2, subrequest: 0.5, query: 0.15 };
/** A call of a Durable Object. */
const OBJECT_CALL = { least: 4, more: 4 };
/** Isolates that keep their own settings and caches. */
const ISOLATES = 8;
/** An isolate that dies lives for so long, about. */
const DIES_AFTER_MS = 300;
const MINUTE_MS = 60_000;

/** The binding of the spaces' database. */
const SPACES = "SPACE_DB";

export const ADMIN_TOKEN = "simulated-admin-token-of-32-characters";

/** What is not in wrangler.toml: the secrets, and the addresses that the simulation answers at. */
const SETTINGS = {
  ADMIN_TOKEN,
  ALLOW_INSECURE_TARGETS: "false",
  BUCKET_ENDPOINT,
  BUCKET_ACCESS_KEY_ID: "simulated",
  BUCKET_SECRET_ACCESS_KEY: "simulated-secret",
  // As the real one, and faster: the simulated rows compress to nothing in any case.
  GZIP_ENGINE: "native",
  SECRETS_KEY: "k1:c2ltdWxhdGVkLXNpbXVsYXRlZC1zaW11bGF0ZWQtMTI=",
};

export interface ProductionOptions {
  worker: Worker;
  Limiter: LimiterClass;
  deployed: DeployedSettings;
  /** Epoch ms. */
  startAt: number;
  seed: number;
  /** `max_concurrency` of these queues, in place of wrangler.toml's. */
  concurrency: Readonly<Record<string, number>>;
  /** D1 databases of spaces beyond those of wrangler.toml. */
  moreDatabases?: number;
}

export class Production {
  readonly clock: Clock;
  readonly bucket: SimulatedBucket;
  readonly databases: ReadonlyMap<string, SimulatedD1>;
  /** Homes of spaces that have one of their own. */
  readonly objects: SimulatedObjects;
  readonly queues: ReadonlyMap<string, SimulatedQueue>;
  readonly logs = new LogCounts();
  readonly random: () => number;
  readonly startedAt: number;
  /** The part of the invocations of consumers whose isolate dies within them, unless they end before. */
  deathRate = 0;
  readonly spent = { requests: 0, deaths: 0, cpuMs: 0, mostQueries: 0, mostSubrequests: 0 };
  readonly #options: ProductionOptions;
  readonly #isolates: readonly object[];
  #isStopped = false;

  constructor(options: ProductionOptions) {
    this.#options = options;
    this.startedAt = options.startAt;
    this.clock = new Clock(options.startAt);
    this.random = seededRandom(options.seed);
    this.bucket = new SimulatedBucket(this.clock, this.random);
    const { databases } = options.deployed;
    const more = Array.from({ length: options.moreDatabases ?? 0 }, (_, n) => ({
      binding: `${SPACES}_${n + 2}`,
      migrations: migrationsOf(databases, SPACES),
    }));
    this.databases = new Map(
      [...databases, ...more].map(({ binding, migrations }) => [
        binding,
        new SimulatedD1(new D1Server(this.clock, this.random), join(ROOT, migrations)),
      ]),
    );
    this.objects = new SimulatedObjects(this.clock, this.random, join(ROOT, migrationsOf(databases, SPACES)));
    this.queues = new Map(options.deployed.consumers.map((consumer) => [consumer.queue, this.#queue(consumer)]));
    const limiters = this.#limiters();
    this.#isolates = Array.from({ length: ISOLATES }, () => this.#bindings(limiters));
  }

  /** Puts this production in the place of the platform's globals, and starts its cron. */
  start(): void {
    const { clock, bucket, random, logs } = this;
    enter({ clock, bucket, random, log: (line) => logs.add(line) });
    const next = Math.ceil((clock.now + 1) / MINUTE_MS) * MINUTE_MS;
    clock.at(next, () => this.#cron());
  }

  /** No further cron is triggered. */
  stop(): void {
    this.#isStopped = true;
  }

  database(binding: string): SimulatedD1 {
    const found = this.databases.get(binding);
    if (found === undefined) throw new Error(`wrangler.toml has no database ${binding}`);
    return found;
  }

  /** A client's request, answered by the Worker. */
  async fetch(request: Request): Promise<Response> {
    return this.#invoke(0, (env, context) => this.#options.worker.fetch(request, env, context));
  }

  #cron(): void {
    if (this.#isStopped) return;
    const scheduledTime = this.clock.now;
    const controller = { cron: "* * * * *", scheduledTime };
    this.#invoke(this.deathRate, (env, context) => this.#options.worker.scheduled(controller, env, context)).catch(
      () => {},
    );
    this.clock.at(scheduledTime + MINUTE_MS, () => this.#cron());
  }

  #queue(consumer: ConsumerSettings): SimulatedQueue {
    const { concurrency, worker } = this.#options;
    const { deadLetterQueue, queue, maxConcurrency: deployed } = consumer;
    const maxConcurrency = Object.hasOwn(concurrency, queue) ? concurrency[queue] : deployed;
    return new SimulatedQueue({
      clock: this.clock,
      random: this.random,
      settings: { ...consumer, maxConcurrency: maxConcurrency ?? deployed },
      consume: (batch: Batch) => this.#invoke(this.deathRate, (env, context) => worker.queue(batch, env, context)),
      deadLetter: deadLetterQueue === null ? null : (body) => this.#queueNamed(deadLetterQueue).send(body),
    });
  }

  #queueNamed(name: string): SimulatedQueue {
    const found = this.queues.get(name);
    if (found === undefined) throw new Error(`wrangler.toml has no consumer of the queue ${name}`);
    return found;
  }

  /**
   * Runs a handler in an invocation of its own.
   * @throws when it throws, when its isolate dies, and after 15 minutes.
   */
  async #invoke<Result>(
    deathRate: number,
    handler: (env: object, context: ExecutionContext) => Promise<Result> | Result,
  ): Promise<Result> {
    const { clock, random, spent } = this;
    const invocation = new Invocation(clock);
    const isolate = this.#isolates[Math.floor(random() * ISOLATES)];
    if (isolate === undefined) throw new Error("there is no isolate");
    const background: Promise<unknown>[] = [];
    const context = {
      waitUntil: (work: Promise<unknown>) => void background.push(work),
      passThroughOnException: () => {},
    };
    spent.requests += 1;
    const { promise: died, reject } = Promise.withResolvers<never>();
    const die = () => {
      spent.deaths += 1;
      invocation.die();
      reject(new Error("the isolate died"));
    };
    const deaths = [clock.after(MAX_WALL_MS, die)];
    if (deathRate > 0 && random() < deathRate) deaths.push(clock.after(tailed(random, 0, DIES_AFTER_MS), die));
    const ends = () => {
      for (const timer of deaths) clock.cancel(timer);
      const cpuMs = CPU_MS.invocation + CPU_MS.query * invocation.queries + CPU_MS.subrequest * invocation.subrequests;
      spent.cpuMs += invocation.cpuMs + cpuMs;
      spent.mostQueries = Math.max(spent.mostQueries, invocation.queries);
      spent.mostSubrequests = Math.max(spent.mostSubrequests, invocation.subrequests);
    };
    invocation.charge(CPU_MS.invocation);
    const handled = invocation.run(async () => handler(isolate, context));
    died.catch(() => {});
    try {
      const result = await Promise.race([handled, died]);
      void Promise.allSettled(background).then(ends);
      return result;
    } catch (thrown) {
      handled.catch(() => {});
      ends();
      throw thrown;
    }
  }

  #bindings(limiters: object): object {
    const { deployed } = this.#options;
    return {
      ...deployed.vars,
      ...SETTINGS,
      ...Object.fromEntries(this.databases),
      ...Object.fromEntries(deployed.producers.map(({ binding, queue }) => [binding, this.#producer(queue)])),
      LIMITER: limiters,
      SPACE_HOME: this.objects,
      METRICS: { writeDataPoint: () => {} },
    };
  }

  /** A queue's binding. A send takes a subrequest, and as long as one. */
  #producer(name: string) {
    const { clock, random } = this;
    const sending = (send: (queue: SimulatedQueue) => void) =>
      outside(async () => {
        await clock.wait(tailed(random, OBJECT_CALL.least, OBJECT_CALL.more));
        send(this.#queueNamed(name));
      });
    return {
      send: (body: unknown, options?: { delaySeconds?: number }) =>
        sending((queue) => queue.send(body, options?.delaySeconds)),
      sendBatch: (messages: Iterable<{ body: unknown; delaySeconds?: number }>) =>
        sending((queue) => {
          for (const { body, delaySeconds } of messages) queue.send(body, delaySeconds);
        }),
    };
  }

  /** The namespace of the limiter's objects, which keep what they know. */
  #limiters() {
    const { clock, random } = this;
    const { Limiter } = this.#options;
    const objects = new Map<string, InstanceType<LimiterClass>>();
    const storage = {
      sql: { exec: () => [] },
      setAlarm: async () => {},
      deleteAlarm: async () => {},
      deleteAll: async () => {},
    };
    const objectOf = (name: string) => {
      const object = objects.get(name) ?? new Limiter({ storage }, {});
      objects.set(name, object);
      return object;
    };
    const called = <Result>(call: () => Result) =>
      outside(async () => {
        await clock.wait(tailed(random, OBJECT_CALL.least, OBJECT_CALL.more));
        return call();
      });
    return {
      idFromName: (name: string) => name,
      get: (name: string) => ({
        admit: (policy: string, limit: number, day: string) => called(() => objectOf(name).admit(policy, limit, day)),
        clear: () => called(() => objectOf(name).clear()),
      }),
    };
  }
}

function migrationsOf(databases: DeployedSettings["databases"], binding: string): string {
  const found = databases.find((each) => each.binding === binding);
  if (found === undefined) throw new Error(`wrangler.toml has no database ${binding}`);
  return found.migrations;
}
