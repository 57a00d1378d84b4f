/**
 * The fuse box: what the runtime calls (fetch, queue, scheduled, the Durable Object) is connected here to what does the
 * work. The only place that reads the clock and the dice.
 */

import { type Config, readConfig } from "./config.ts";
import { newMeter } from "./db/database.ts";
import { openDatabases } from "./db/shards.ts";
import { Message, type Hall } from "./export/hall.ts";
import { giveUp, runStep } from "./export/run.ts";
import { sweep } from "./export/sweep.ts";
import { createApp } from "./http/app.ts";
import { LimiterObject } from "./limiter/limiter.ts";
import { log } from "./log.ts";
import { Bucket } from "./outbound/s3.ts";
import type { World } from "./world.ts";

const world: World = {
  now: () => Date.now(),
  uuid: () => crypto.randomUUID(),
  randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
  random: () => Math.random(),
};

export class Limiter extends LimiterObject {
  protected override now(): number {
    return world.now();
  }
}

const configs = new WeakMap<Env, Config>();

function configOf(env: Env): Config {
  let config = configs.get(env);
  if (config === undefined) {
    config = readConfig(env);
    configs.set(env, config);
  }
  return config;
}

/** Messages a call to the queue takes at most. */
const SEND_BATCH = 100;

function openHall(env: Env): { hall: Hall; meter: ReturnType<typeof newMeter> } {
  const config = configOf(env);
  const meter = newMeter();
  return {
    meter,
    hall: {
      config,
      world,
      databases: openDatabases(env, meter),
      bucket: new Bucket(config.bucket, () => world.now(), "service"),
      async send(messages) {
        for (let from = 0; from < messages.length; from += SEND_BATCH)
          await env.EXPORT_QUEUE.sendBatch(messages.slice(from, from + SEND_BATCH).map((body) => ({ body })));
      },
    },
  };
}

const app = createApp((request, env, ctx) => {
  const { hall } = openHall(env);
  return {
    request,
    url: new URL(request.url),
    requestId: world.uuid(),
    config: hall.config,
    world,
    databases: hall.databases,
    hall,
    limiter: env.LIMITER,
    assets: env.ASSETS,
    waitUntil: (work) => ctx.waitUntil(work),
  };
});

const DEAD_LETTERS = "spillway-exports-dead";

export default {
  fetch: (request, env, ctx) => app.fetch(request, env, ctx),

  /** The messages of a batch are worked on together; one's failure is no other's. */
  async queue(batch, env) {
    const { hall, meter } = openHall(env);
    await Promise.all(
      batch.messages.map(async (message) => {
        const read = Message.safeParse(message.body);
        if (!read.success) {
          log("message.unreadable", { queue: batch.queue, id: message.id });
          message.ack();
          return;
        }
        if (batch.queue === DEAD_LETTERS) {
          await giveUp(hall, read.data);
          message.ack();
          return;
        }
        const verdict = await runStep(hall, read.data, message.attempts);
        if (verdict === "ack") message.ack();
        else message.retry({ delaySeconds: verdict.retryInSeconds });
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
    await sweep(openHall(env).hall);
  },
} satisfies ExportedHandler<Env>;
