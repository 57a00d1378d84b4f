/** A service each of whose invocations has a small budget, beside a bucket in memory. */

import { env } from "cloudflare:workers";
import { Budget, type Limits, type Used } from "../../src/budget.ts";
import { openDatabases } from "../../src/db/core/shards.ts";
import type { Message } from "../../src/context.ts";
import { runStep, type Verdict } from "../../src/export/pipeline/run.ts";
import { Bucket } from "../../src/outbound/s3.ts";
import { MemoryS3 } from "./faults/memory-s3.ts";
import { roomyService, take } from "./pipeline.ts";
import type { Service } from "./service.ts";

/** What one invocation did. */
interface Invocation extends Used {
  step: Message["step"];
  verdict: Verdict;
}

export class SmallBudget {
  readonly service: Service;
  readonly s3: MemoryS3;
  readonly invocations: Invocation[] = [];
  /** Of each message's invocation from now on; calls and the sweep have Cloudflare's. */
  limits: Partial<Limits> = {};

  constructor() {
    const service = roomyService();
    const { bucket } = service.config;
    this.service = service;
    this.s3 = new MemoryS3(`${bucket.endpoint}/${bucket.name}`);
    service.context.bucket = new Bucket(bucket, () => service.now, this.s3.fetch, "service");
  }

  /** Runs the next message in an invocation of its own. */
  async invoke(message = take(this.service), attempt = 1): Promise<Verdict> {
    const { config, context } = this.service;
    const now = () => this.service.now;
    const budget = new Budget(now, this.limits);
    const bucket = new Bucket(config.bucket, now, budget.counted(this.s3.fetch), "service");
    const own = { ...context, budget, bucket, databases: openDatabases(env, budget) };
    const verdict = await runStep(own, message, attempt);
    this.invocations.push({ step: message.step, verdict, ...budget.used });
    return verdict;
  }

  /** Runs messages until one of this step is next, or none is left. */
  async runUntil(step: Message["step"] | null): Promise<void> {
    while (this.service.queue.length > 0 && this.service.queue[0]?.step !== step) await this.invoke();
  }

  count(step: Message["step"]): number {
    return this.invocations.filter((each) => each.step === step).length;
  }
}
