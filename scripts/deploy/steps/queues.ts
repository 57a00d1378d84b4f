/** The queues: found by name, made where they are missing. Their consumers come with the code. */

import { queuesOf } from "../config.ts";
import type { Deployment } from "../deployment.ts";
import type { Step } from "../steps.ts";

export interface Queue {
  queue_id: string;
  queue_name: string;
  consumers?: { consumer_id?: string; script?: string; script_name?: string; service?: string }[];
}

export function queueSteps(deployment: Deployment): Step[] {
  return queuesOf(deployment.tracked, deployment.options.environment).map((name) => ({
    name: `queue ${name}`,
    async look() {
      const found = await findQueue(deployment, name);
      if (found === null) return { due: "make it", act: () => make(deployment, name) };
      const other = found.consumers
        ?.map(({ script, script_name: scriptName, service }) => script ?? scriptName ?? service)
        .find((consumer) => consumer !== undefined && consumer !== deployment.worker);
      if (other === undefined) return { found: "found" };
      throw new Error(`The Worker ${other} reads this queue. Choose another --env, or remove that consumer.`);
    },
  }));
}

/** @returns null where the account has no queue of that name. */
export async function findQueue(deployment: Deployment, name: string): Promise<Queue | null> {
  const queues = await deployment.api.list<Queue>(deployment.path(`/queues?name=${encodeURIComponent(name)}`));
  return queues.find((queue) => queue.queue_name === name) ?? null;
}

async function make(deployment: Deployment, name: string): Promise<string> {
  await deployment.api.send("POST", deployment.path("/queues"), { body: { queue_name: name } });
  return "made";
}
