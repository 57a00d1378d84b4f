/** What production needs of wrangler.toml, and the local runtime does not notice. */

import { expect, it } from "vitest";
import { unstable_readConfig as readConfig } from "wrangler";
import { ROOT } from "./support/pages.ts";

interface Queues {
  producers: { queue: string }[];
  consumers: { queue: string; dead_letter_queue?: string; max_concurrency?: number; max_batch_size?: number }[];
}

const { producers, consumers } = readConfig({ config: `${ROOT}/wrangler.toml` }).queues as Queues;

it("each queue has a consumer, and each consumer a bound of invocations at a time", () => {
  const dead = consumers.flatMap((consumer) => consumer.dead_letter_queue ?? []);
  const used = new Set([...producers.map(({ queue }) => queue), ...dead]);
  const consumed = consumers.map(({ queue }) => queue);
  expect(consumed).toHaveLength(used.size);
  expect(new Set(consumed)).toEqual(used);
  // Without one, Cloudflare runs up to 250 invocations of a queue, and each D1 database has one thread.
  for (const { queue, max_concurrency: bound } of consumers)
    expect([queue, bound]).toEqual([queue, expect.any(Number)]);
});

it("an invocation runs one chunk, so that each chunk has a whole budget", () => {
  const chunks = consumers.find(({ queue }) => queue.endsWith("-chunks"));
  expect(chunks?.max_batch_size).toBe(1);
});

it("no invocation's lines are left out: sampling would lose those of failures too", () => {
  const { observability } = readConfig({ config: `${ROOT}/wrangler.toml` });
  expect(observability?.logs).toMatchObject({ enabled: true, head_sampling_rate: 1, invocation_logs: false });
  expect(observability?.head_sampling_rate ?? 1).toBe(1);
  // Each span of a trace costs what a line costs.
  expect(observability?.traces?.head_sampling_rate).toBeLessThanOrEqual(0.05);
});
