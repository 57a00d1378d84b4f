/** Queues: made by name, one consumer each, whose Worker must handle messages. */

import { randomUUID } from "node:crypto";
import * as z from "zod";
import { Page, Refusal } from "./answers.ts";
import { type Call, type Route, route } from "./routes.ts";
import type { Account, Consumer, Queue } from "./state.ts";

const creation = z.strictObject({
  queue_name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$/i),
  jurisdiction: z.enum(["eu", "us", "fedramp"]).optional(),
  settings: z.record(z.string(), z.unknown()).optional(),
});
const consumer = z.strictObject({
  type: z.literal("worker"),
  script_name: z.string(),
  dead_letter_queue: z.string().optional(),
  environment_name: z.string().optional(),
  settings: z.record(z.string(), z.unknown()).optional(),
});

export const queueRoutes: readonly Route[] = [
  route("GET", "/queues", listQueues),
  route("POST", "/queues", createQueue),
  route("GET", "/queues/:queue", (call) => describe(call.account, findQueue(call))),
  route("DELETE", "/queues/:queue", deleteQueue),
  route("GET", "/queues/:queue/consumers", (call) => findQueue(call).consumers),
  route("POST", "/queues/:queue/consumers", addConsumer),
  route("PUT", "/queues/:queue/consumers/:consumer", changeConsumer),
  route("DELETE", "/queues/:queue/consumers/:consumer", removeConsumer),
];

function listQueues({ account, query }: Call) {
  const names = query.getAll("name");
  const wanted = account.queues.filter(({ queue_name }) => names.length === 0 || names.includes(queue_name));
  return new Page(
    wanted.map((queue) => describe(account, queue)),
    query,
  );
}

function createQueue(call: Call) {
  const { queue_name, jurisdiction, settings } = call.json(creation);
  if (call.account.queues.some((queue) => queue.queue_name === queue_name))
    throw new Refusal(
      409,
      11009,
      `Queue name '${queue_name}' is already taken. Please use a different name and try again.`,
    );
  const queue: Queue = {
    queue_id: randomUUID().replaceAll("-", ""),
    queue_name,
    jurisdiction: jurisdiction ?? null,
    created_on: call.now(),
    settings: { delivery_delay: 0, message_retention_period: 345_600, ...settings },
    consumers: [],
  };
  call.account.queues.push(queue);
  return describe(call.account, queue);
}

function deleteQueue(call: Call) {
  const queue = findQueue(call);
  if (queue.consumers.length > 0)
    throw new Refusal(400, 11005, `Queue '${queue.queue_name}' has a consumer. Remove the consumer first.`);
  call.account.queues = call.account.queues.filter((each) => each !== queue);
  return null;
}

function addConsumer(call: Call) {
  const queue = findQueue(call);
  const { script_name, dead_letter_queue, settings, type } = call.json(consumer);
  checkConsumer(call.account, script_name, dead_letter_queue);
  if (queue.consumers.length > 0) throw new Refusal(400, 11004, "workers.api.error.consumer_exists");
  const added: Consumer = {
    consumer_id: randomUUID().replaceAll("-", ""),
    type,
    script: script_name,
    dead_letter_queue,
    settings: settings ?? {},
  };
  queue.consumers.push(added);
  return added;
}

function changeConsumer(call: Call) {
  const found = findConsumer(call);
  const { script_name, dead_letter_queue, settings } = call.json(consumer);
  checkConsumer(call.account, script_name, dead_letter_queue);
  found.dead_letter_queue = dead_letter_queue;
  found.settings = settings ?? {};
  return found;
}

function removeConsumer(call: Call) {
  const queue = findQueue(call);
  const found = findConsumer(call);
  queue.consumers = queue.consumers.filter((each) => each !== found);
  return null;
}

function findQueue({ account, param }: Call): Queue {
  const queue = account.queues.find(({ queue_id }) => queue_id === param("queue"));
  if (queue === undefined) throw new Refusal(404, 11000, "Queue does not exist");
  return queue;
}

function findConsumer(call: Call): Consumer {
  const found = findQueue(call).consumers.find(({ consumer_id }) => consumer_id === call.param("consumer"));
  if (found === undefined) throw new Refusal(404, 11003, "Consumer does not exist");
  return found;
}

function checkConsumer(account: Account, script: string, deadLetters: string | undefined): void {
  if (!account.workers.some(({ name, deployments }) => name === script && deployments.length > 0))
    throw new Refusal(400, 11001, "queue handler is missing");
  if (deadLetters !== undefined && !account.queues.some(({ queue_name }) => queue_name === deadLetters))
    throw new Refusal(400, 11000, `Dead letter queue '${deadLetters}' does not exist`);
}

function describe(account: Account, queue: Queue) {
  const producers = account.workers.filter((worker) =>
    worker.versions.at(-1)?.bindings.some(({ type, ...binding }) => {
      return type === "queue" && binding["queue_name"] === queue.queue_name;
    }),
  );
  return {
    ...queue,
    modified_on: queue.created_on,
    producers: producers.map(({ name }) => ({ type: "worker", script: name })),
    producers_total_count: producers.length,
    consumers_total_count: queue.consumers.length,
  };
}
