/**
 * The Worker's entry point: connects fetch, queue, scheduled and the Durable Objects to the rooms that do the work. The
 * only place that reads the clock and randomness.
 */

import type * as z from "zod";
import { Budget, MAX_MESSAGES_PER_SEND } from "./budget.ts";
import { type Config, readConfig } from "./config.ts";
import { HomeCache } from "./db/core/home-cache.ts";
import { homesIn } from "./db/core/homes.ts";
import { openDatabases } from "./db/core/shards.ts";
import { type Context, DeadMessage, MaintenanceMessage, Message, SIZES, STEPS_OF, WebhookMessage } from "./context.ts";
import { deliverWithin } from "./webhooks/deliver.ts";
import { handleDeadLetter, runStep, type Verdict } from "./export/pipeline/run.ts";
import { logDeadSlice, runSlice, startSweep } from "./maintenance/sweep.ts";
import { createApp } from "./http/app.ts";
import type { Call } from "./http/route.ts";
import { KeyCache } from "./http/middleware/key-cache.ts";
import { Failures } from "./limiter/failures.ts";
import { LimiterObject } from "./limiter/limiter.ts";
import { log, logFailure } from "./log.ts";
import { dataPoint } from "./metrics.ts";
import { CustomerBuckets } from "./outbound/customer.ts";
import { Bucket } from "./outbound/s3.ts";
import type { SessionCache } from "./outbound/sts.ts";
import { type AddressCache, resolver } from "./outbound/url-guard.ts";
import type { Runtime } from "./runtime.ts";

export { SpaceHome } from "./db/core/space-home.ts";

const runtime: Runtime = {
  now: () => Date.now(),
  uuid: () => crypto.randomUUID(),
  randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
  random: () => Math.random(),
};

export class Limiter extends LimiterObject {
  protected override now(): number {
    return runtime.now();
  }
}

/** What an isolate keeps between invocations: settings, app, sessions of customers' roles, addresses, failed logins. */
interface IsolateState {
  config: Config;
  app: ReturnType<typeof createApp>;
  adminFailures: Failures;
  keys: KeyCache;
  homes: HomeCache;
  /** Of customers' roles. */
  sessions: SessionCache;
  /** Of customers' hosts. */
  addresses: AddressCache;
}

const isolateStates = new WeakMap<Env, IsolateState>();

const boundFetch: typeof fetch = (input, init) => fetch(input, init);

function isolateState(env: Env): IsolateState {
  let state = isolateStates.get(env);
  if (state === undefined) {
    const config = readConfig(env);
    if (config.defaultHome !== null && !homesIn(env).has(config.defaultHome))
      throw new Error(`settings: DEFAULT_HOME: no binding has a home ${config.defaultHome}`);
    state = {
      config,
      app: createApp(beginCall, config.dialects),
      adminFailures: new Failures(),
      keys: new KeyCache(),
      homes: new HomeCache(() => runtime.now()),
      sessions: new Map(),
      addresses: new Map(),
    };
    isolateStates.set(env, state);
  }
  return state;
}

/** Before a query is repeated: about 0.1, 0.2 and 0.4 seconds. */
const pause = (attempt: number) => scheduler.wait(100 * 2 ** (attempt - 1) * (0.5 + runtime.random()));

/** The context of one invocation, with a budget of its own. */
function openContext(env: Env): Context {
  const { config, homes, sessions, addresses } = isolateState(env);
  const now = () => runtime.now();
  const budget = new Budget(now);
  const reach = budget.counted(boundFetch);
  const resolve = resolver(reach, now, addresses);
  return {
    config,
    runtime,
    budget,
    sizes: SIZES,
    databases: openDatabases(env, budget, pause, homes),
    bucket: new Bucket(config.bucket, now, reach, "service"),
    customers: new CustomerBuckets(config, { now, fetch: reach, resolve }, sessions),
    async send(messages, delaySeconds = 0) {
      for (const [queue, steps] of [
        [env.STEP_QUEUE, STEPS_OF.steps],
        [env.CHUNK_QUEUE, STEPS_OF.chunks],
        [env.VERIFY_QUEUE, STEPS_OF.verify],
      ] as const) {
        const own = messages.filter(({ step }) => steps.has(step));
        for (let from = 0; from < own.length; from += MAX_MESSAGES_PER_SEND) {
          const part = own.slice(from, from + MAX_MESSAGES_PER_SEND);
          budget.countMessages(part);
          await queue.sendBatch(part.map((body) => ({ body, delaySeconds })));
        }
      }
    },
    async sendWebhook(message, delaySeconds) {
      budget.countMessages([message]);
      await env.WEBHOOK_QUEUE.send(message, { delaySeconds });
    },
    async sendMaintenance(messages, delaySeconds = 0) {
      budget.countMessages(messages);
      await env.MAINTENANCE_QUEUE.sendBatch(messages.map((body) => ({ body, delaySeconds })));
    },
    fetch: reach,
    resolve,
    measure: (point) => env.METRICS.writeDataPoint(dataPoint(point)),
  };
}

/** What a request is handled with. */
function beginCall(request: Request, env: Env, ctx: ExecutionContext): Omit<Call, "serve"> {
  const context = openContext(env);
  return {
    request,
    url: new URL(request.url),
    requestId: runtime.uuid(),
    config: context.config,
    runtime,
    databases: context.databases,
    context,
    limiter: env.LIMITER,
    adminFailures: isolateState(env).adminFailures,
    keys: isolateState(env).keys,
    assets: env.ASSETS,
    waitUntil: (work) => ctx.waitUntil(work),
    notes: {},
  };
}

/** What a consumer knows of a message beside its body. */
interface Delivered {
  /** How often the queue delivered it, from 1. */
  attempts: number;
  /** Keeps work alive after the batch has ended. */
  waitUntil: (work: Promise<unknown>) => void;
}

type Consume = (context: Context, body: unknown, delivered: Delivered) => Promise<Verdict>;

/** Messages that do not match the schema are dropped: a retry would not help. */
function consume<Body>(
  schema: z.ZodType<Body>,
  work: (context: Context, message: Body, delivered: Delivered) => Promise<Verdict>,
): Consume {
  return async (context, body, delivered) => {
    const read = schema.safeParse(body);
    if (read.success) return work(context, read.data, delivered);
    log("message.unreadable");
    return "ack";
  };
}

/** Most receivers answer sooner. A slower one goes on beside the next batch, which need not be its own space's. */
const WEBHOOK_PATIENCE_MS = 1_000;

const consumeStep = consume(Message, (context, message, { attempts }) => runStep(context, message, attempts));

/** The consumers by the last word of their queue's name: what is before it differs between environments. */
const CONSUMERS: ReadonlyMap<string, Consume> = new Map([
  ["steps", consumeStep],
  ["chunks", consumeStep],
  ["verify", consumeStep],
  ["maintenance", consume(MaintenanceMessage, runSlice)],
  [
    "dead",
    consume(DeadMessage, (context, message) =>
      "task" in message ? logDeadSlice(message) : handleDeadLetter(context, message),
    ),
  ],
  [
    "webhooks",
    consume(WebhookMessage, (context, message, { waitUntil }) =>
      deliverWithin(context, message, scheduler.wait(WEBHOOK_PATIENCE_MS), waitUntil),
    ),
  ],
]);

/** @throws Error for a queue of another name, whose messages are then retried. */
function consumerOf(queue: string): Consume {
  const found = CONSUMERS.get(queue.slice(queue.lastIndexOf("-") + 1));
  if (found === undefined) throw new Error(`no code consumes the queue ${queue}`);
  return found;
}

export default {
  fetch: (request, env, ctx) => isolateState(env).app.fetch(request, env, ctx),

  /** Processes the messages of a batch concurrently. A failure retries only its own message. */
  async queue(batch, env, ctx) {
    const context = openContext(env);
    const { used } = context.budget;
    const waitUntil = (work: Promise<unknown>) => ctx.waitUntil(work);
    await Promise.all(
      batch.messages.map(async (message) => {
        try {
          const { body, attempts } = message;
          const verdict = await consumerOf(batch.queue)(context, body, { attempts, waitUntil });
          if (verdict === "ack") message.ack();
          else message.retry({ delaySeconds: verdict.retryInSeconds });
        } catch (thrown) {
          logFailure("message.failed", thrown, { queue: batch.queue, id: message.id });
          message.retry();
        }
      }),
    );
    log("queue.batch", {
      queue: batch.queue,
      messages: batch.messages.length,
      d1_statements: used.statements,
      d1_rows_read: used.rowsRead,
      d1_rows_written: used.rowsWritten,
      subrequests: used.subrequests,
    });
  },

  async scheduled(_controller, env) {
    await startSweep(openContext(env));
  },
} satisfies ExportedHandler<Env>;
