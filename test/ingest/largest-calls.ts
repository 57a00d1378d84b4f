/**
 * Makes the largest calls that the API takes, in a process of its own, whose heap is limited: it ends early where a
 * call needs more. Prints for each call its status and the bytes that are in memory while the call writes.
 */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { DEFINITIONS, headersOf, LARGEST, largestBody, PROFILES } from "../support/largest-bodies.ts";
import { nodeService } from "../support/node-service.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
const held = () => {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

const service = await nodeService();
for (const definition of DEFINITIONS) await service.send("POST", "/v1/event-definitions", JSON.stringify(definition));
await service.send("PUT", "/v1/profiles", JSON.stringify({ profiles: PROFILES }));
const baseline = held();
for (const name of process.argv.slice(2)) {
  const large = LARGEST[name as keyof typeof LARGEST];
  if (large === undefined) throw new Error(`there is no call ${name}`);
  let most = 0;
  service.space.onBatch = () => void (most = Math.max(most, held() - baseline));
  const queries = service.space.queries;
  collect();
  const rss = process.memoryUsage().rss;
  const { status, body } = await service.send(large.method, large.path, largestBody(large), headersOf(large));
  if (process.env["VERBOSE"])
    console.log(JSON.stringify(body).slice(0, 300), (process.resourceUsage().maxRSS * 1024 - rss) / 1e6);
  process.stdout.write(`${JSON.stringify({ name, status, held: most, queries: service.space.queries - queries })}\n`);
}
