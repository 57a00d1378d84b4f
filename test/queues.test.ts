/** Which code consumes a queue: a message of a queue that none consumes is not lost. */

import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, it, vi } from "vitest";
import { Message, STEPS_OF } from "../src/context.ts";
import worker from "../src/index.ts";

afterEach(() => vi.restoreAllMocks());

/** What the consumer answers to one message that matches no schema. */
async function consume(queue: string) {
  const batch = createMessageBatch(queue, [{ id: "m", timestamp: new Date(0), attempts: 1, body: {} }]);
  const ctx = createExecutionContext();
  await worker.queue(batch, env, ctx);
  const { explicitAcks, retryMessages } = await getQueueResult(batch, ctx);
  return { acks: explicitAcks, retries: retryMessages.map(({ msgId }) => msgId) };
}

it.each([
  "spillway-steps",
  "spillway-chunks",
  "spillway-verify",
  "spillway-dead",
  "spillway-webhooks",
  "spillway-staging-chunks",
])("an unreadable message of %s is dropped", async (queue) => {
  vi.spyOn(console, "log").mockReturnValue();
  expect(await consume(queue)).toEqual({ acks: ["m"], retries: [] });
});

it("a message of another queue is retried, and the log names the queue", async () => {
  vi.spyOn(console, "log").mockReturnValue();
  const errors = vi.spyOn(console, "error").mockReturnValue();
  expect(await consume("spillway-exports")).toEqual({ acks: [], retries: ["m"] });
  expect(errors.mock.calls.flat().join()).toContain("spillway-exports");
});

it("each step of an export has exactly one queue", () => {
  const steps = Object.values(STEPS_OF).flatMap((queue) => [...queue]);
  expect(steps.toSorted()).toEqual([...Message.shape.step.options].toSorted());
});
