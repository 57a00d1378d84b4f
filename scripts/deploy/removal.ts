/**
 * Takes an installation away: the Worker with its address, its Durable Objects and crons; then queues and databases;
 * the bucket only where it is empty, or its files may go too. Each step does nothing where its part is gone already.
 */

import { CloudflareError } from "./api.ts";
import { databasesOf, queuesOf, settingsOf, usesR2 } from "./config.ts";
import type { Deployment } from "./deployment.ts";
import type { Step } from "./steps.ts";
import { bucketPath, findBucket, jurisdictionOf } from "./steps/bucket.ts";
import { type D1, findDatabase } from "./steps/databases.ts";
import { findQueue } from "./steps/queues.ts";

const IS_NOT_EMPTY = 10_008;
const GONE = { found: "gone" } as const;

/** @param withFiles whether the bucket's files may go too. */
export function removalSteps(deployment: Deployment, withFiles: boolean): Step[] {
  return [
    ...queueNames(deployment).map((name) => consumerStep(deployment, name)),
    workerStep(deployment),
    ...queueNames(deployment).map((name) => queueStep(deployment, name)),
    databasesStep(deployment),
    bucketStep(deployment, withFiles),
  ];
}

const queueNames = ({ tracked, options }: Deployment): string[] => queuesOf(tracked, options.environment);

/** A Worker that reads a queue is not deleted, and neither is the queue. */
function consumerStep(deployment: Deployment, name: string): Step {
  return {
    name: `consumer of ${name}`,
    async look() {
      const queue = await findQueue(deployment, name);
      const consumers = queue === null ? [] : await consumersOf(deployment, queue.queue_id);
      if (queue === null || consumers.length === 0) return GONE;
      return {
        due: "remove it",
        async act() {
          for (const { consumer_id: id } of consumers)
            await remove(deployment, deployment.path(`/queues/${queue.queue_id}/consumers/${id}`));
          return "removed";
        },
      };
    },
  };
}

async function consumersOf(deployment: Deployment, queueId: string): Promise<{ consumer_id: string }[]> {
  return (await deployment.api.find<{ consumer_id: string }[]>(deployment.path(`/queues/${queueId}/consumers`))) ?? [];
}

function workerStep(deployment: Deployment): Step {
  return {
    name: `Worker ${deployment.worker}`,
    look: async () =>
      (await deployment.api.find(deployment.script("/settings"))) === null
        ? GONE
        : {
            due: "delete it, its address, and the data of its Durable Objects",
            // With force, its Durable Objects go too.
            act: async () => (await remove(deployment, deployment.script("?force=true")), "deleted"),
          },
  };
}

function queueStep(deployment: Deployment, name: string): Step {
  return {
    name: `queue ${name}`,
    async look() {
      const queue = await findQueue(deployment, name);
      if (queue === null) return GONE;
      const path = deployment.path(`/queues/${queue.queue_id}`);
      return { due: "delete it", act: async () => (await remove(deployment, path), "deleted") };
    },
  };
}

/** As many databases for spaces as there are, whatever the installation's file says. */
function databasesStep(deployment: Deployment): Step {
  return {
    name: "databases",
    async look() {
      const databases: D1[] = [];
      for (let spaces = 1, found = 1; found > 0; spaces++) {
        const { tracked, options } = deployment;
        const names = databasesOf(tracked, options.environment, spaces).map(({ name }) => name);
        const fresh = names.filter((name) => spaces === 1 || name === names.at(-1));
        const rows = await Promise.all(fresh.map((name) => findDatabase(deployment, name)));
        const there = rows.filter((row) => row !== null);
        databases.push(...there);
        found = there.length;
      }
      if (databases.length === 0) return GONE;
      return {
        due: `delete ${databases.map(({ name }) => name).join(", ")}, with all their data`,
        async act() {
          for (const { uuid } of databases) await remove(deployment, deployment.path(`/d1/database/${uuid}`));
          return `deleted ${databases.map(({ name }) => name).join(", ")}`;
        },
      };
    },
  };
}

function bucketStep(deployment: Deployment, withFiles: boolean): Step {
  const name = bucketNameOf(deployment);
  return {
    name: `bucket ${name}`,
    async look() {
      if (!usesR2(deployment.installation)) return { found: "yours, in another store: it stays" };
      if (!(await findBucket(deployment, name))) return GONE;
      const files = await filesIn(deployment, name);
      if (files.length > 0 && !withFiles) return { found: "stays: it has files. To delete them too: --with-files" };
      const what = files.length === 0 ? "delete it" : "delete it, with all its files";
      return { due: what, act: () => removeBucket(deployment, name) };
    },
  };
}

/** Whether the bucket stays behind, with its files. */
export async function bucketStays(deployment: Deployment): Promise<boolean> {
  return usesR2(deployment.installation) && (await findBucket(deployment, bucketNameOf(deployment)));
}

function bucketNameOf({ tracked, options, installation }: Deployment): string {
  return settingsOf(tracked, options.environment, installation)["BUCKET_NAME"] ?? "";
}

async function removeBucket(deployment: Deployment, name: string): Promise<string> {
  let removed = 0;
  for (;;) {
    const files = await filesIn(deployment, name);
    if (files.length === 0) break;
    for (const { key } of files)
      await remove(deployment, `${bucketPath(deployment, name)}/objects/${encodeURIComponent(key)}`);
    removed += files.length;
  }
  try {
    await remove(deployment, bucketPath(deployment, name));
  } catch (thrown) {
    if (!(thrown instanceof CloudflareError && thrown.code === IS_NOT_EMPTY)) throw thrown;
    throw new Error("it has uploads that have not ended. They end within a day: run this again then.", {
      cause: thrown,
    });
  }
  return removed === 0 ? "deleted" : `deleted, with ${removed} files`;
}

/** @returns the first page of the bucket's files. */
function filesIn(deployment: Deployment, name: string): Promise<{ key: string }[]> {
  return deployment.api.get(`${bucketPath(deployment, name)}/objects`, jurisdictionOf(deployment));
}

/** Deletes what may be gone already. */
async function remove(deployment: Deployment, path: string): Promise<void> {
  try {
    await deployment.api.send("DELETE", path, jurisdictionOf(deployment));
  } catch (thrown) {
    if (!(thrown instanceof CloudflareError && thrown.status === 404)) throw thrown;
  }
}
