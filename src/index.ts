/**
 * The fuse box: what the runtime calls (fetch, queue, scheduled, the Durable Object) is connected here to what does the
 * work. The only place that reads the clock and the dice.
 */

import type * as z from "zod";
import { type Config, readConfig } from "./config.ts";
import { newMeter } from "./db/core/database.ts";
import { openDatabases } from "./db/core/shards.ts";
import { type Context, Message, SIZES, WebhookMessage } from "./context.ts";
import { deliver } from "./webhooks/deliver.ts";
import { handleDeadLetter, runStep, type Verdict } from "./export/pipeline/run.ts";
import { sweep } from "./maintenance/sweep.ts";
import { createApp } from "./http/app.ts";
import { LimiterObject } from "./limiter/limiter.ts";
import { log, logFailure } from "./log.ts";
import { dataPoint } from "./metrics.ts";
import { CustomerBuckets } from "./outbound/customer.ts";
import { Bucket } from "./outbound/s3.ts";
import { resolver } from "./outbound/url-guard.ts";
import type { Runtime } from "./runtime.ts";

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

/** What lives as long as the isolate: the settings, and the sessions of customers' roles. */
interface Kept {
  config: Config;
  customers: CustomerBuckets;
}

const kept = new WeakMap<Env, Kept>();

const reach: typeof fetch = (input, init) => fetch(input, init);

function keptOf(env: Env): Kept {
  let found = kept.get(env);
  if (found === undefined) {
    const config = readConfig(env);
    const outside = { now: () => runtime.now(), fetch: reach, resolve: resolver(reach) };
    found = { config, customers: new CustomerBuckets(config, outside) };
    kept.set(env, found);
  }
  return found;
}

/** Messages a call to the queue takes at most. */
const SEND_BATCH = 100;

function openHall(env: Env): { context: Context; meter: ReturnType<typeof newMeter> } {
  const { config, customers } = keptOf(env);
  const meter = newMeter();
  return {
    meter,
    context: {
      config,
      runtime,
      sizes: SIZES,
      databases: openDatabases(env, meter),
      bucket: new Bucket(config.bucket, () => runtime.now(), reach, "service"),
      customers,
      async send(messages) {
        for (let from = 0; from < messages.length; from += SEND_BATCH)
          await env.EXPORT_QUEUE.sendBatch(messages.slice(from, from + SEND_BATCH).map((body) => ({ body })));
      },
      async sendWebhook(message, delaySeconds) {
        await env.WEBHOOK_QUEUE.send(message, { delaySeconds });
      },
      fetch: reach,
      resolve: resolver(reach),
      measure: (point) => env.METRICS.writeDataPoint(dataPoint(point)),
    },
  };
}

const app = createApp((request, env, ctx) => {
  const { context } = openHall(env);
  return {
    request,
    url: new URL(request.url),
    requestId: runtime.uuid(),
    config: context.config,
    runtime,
    databases: context.databases,
    context,
    limiter: env.LIMITER,
    assets: env.ASSETS,
    waitUntil: (work) => ctx.waitUntil(work),
    notes: {},
  };
});

type Consume = (context: Context, body: unknown, attempt: number) => Promise<Verdict>;

/** What is no message of ours is dropped. */
function consume<Body>(
  schema: z.ZodType<Body>,
  work: (context: Context, message: Body, attempt: number) => Promise<Verdict>,
): Consume {
  return async (context, body, attempt) => {
    const read = schema.safeParse(body);
    if (read.success) return work(context, read.data, attempt);
    log("message.unreadable");
    return "ack";
  };
}

const QUEUES: Record<string, Consume> = {
  "spillway-exports": consume(Message, runStep),
  "spillway-exports-dead": consume(Message, handleDeadLetter),
  "spillway-webhooks": consume(WebhookMessage, deliver),
};

export default {
  fetch: (request, env, ctx) => app.fetch(request, env, ctx),

  /** The messages of a batch are worked on together; one's failure is no other's. */
  async queue(batch, env) {
    const { context, meter } = openHall(env);
    await Promise.all(
      batch.messages.map(async (message) => {
        try {
          const verdict = await QUEUES[batch.queue]?.(context, message.body, message.attempts);
          if (verdict === undefined || verdict === "ack") message.ack();
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
      d1_statements: meter.statements,
      d1_rows_read: meter.rowsRead,
      d1_rows_written: meter.rowsWritten,
    });
  },

  async scheduled(_controller, env) {
    await sweep(openHall(env).context);
  },
} satisfies ExportedHandler<Env>;
