/**
 * The service with a limiter that fails on purpose: every second space's object is reset four times while it is under
 * fire, in the middle of calls, in each of the ways that an eviction can meet them. It counts what it did, for the test
 * to ask.
 */

import spillway, { Limiter as Real } from "../../src/index.ts";
import type { Answer } from "../../src/limiter/limiter.ts";
import { POLICIES, type Policy } from "../../src/limiter/policies.ts";

/** The class of spaces' homes, which wrangler.toml names too. */
export { SpaceHome } from "../../src/index.ts";

/** At which of an object's exact counts it is reset: no more often than a call is tried again. */
const RESETS_AT = [2, 9, 30, 60];

/** When in a call. */
const WAYS = ["before it counts", "before the count is stored", "after the count is stored", "a moment later"] as const;

/** What outlives an object: this isolate's. */
const calls = new Map<string, number>();
const resets = new Map<string, number>();

export class Limiter extends Real {
  override admit(policy: Policy, limit: number, day: string): Answer {
    if (!POLICIES[policy].exact) return super.admit(policy, limit, day);
    const id = this.ctx.id.toString();
    const nth = (calls.get(id) ?? 0) + 1;
    calls.set(id, nth);
    const which = this.isDisturbed() ? RESETS_AT.indexOf(nth) : -1;
    const way = which === -1 ? undefined : WAYS[which % WAYS.length];
    if (way === "before it counts") this.reset();
    const answer = super.admit(policy, limit, day);
    if (way === "before the count is stored") this.reset();
    if (way === "after the count is stored") void this.ctx.storage.sync().then(() => this.reset());
    if (way === "a moment later") setTimeout(() => this.reset(), 1);
    return answer;
  }

  /** Places that are taken, as they are stored, and how often the object was reset. */
  report(): { taken: Record<string, number>; resets: number; disturbed: boolean } {
    const rows = this.ctx.storage.sql.exec<{ policy: string; times: string }>("SELECT policy, times FROM passed");
    const taken = rows.toArray().map(({ policy, times }) => [policy, (JSON.parse(times) as number[]).length] as const);
    return {
      taken: Object.fromEntries(taken),
      resets: resets.get(this.ctx.id.toString()) ?? 0,
      disturbed: this.isDisturbed(),
    };
  }

  private isDisturbed(): boolean {
    return Number.parseInt(this.ctx.id.toString().slice(-1), 16) % 2 === 0;
  }

  private reset(): void {
    const id = this.ctx.id.toString();
    resets.set(id, (resets.get(id) ?? 0) + 1);
    this.ctx.abort("reset on purpose");
  }
}

const REPORT = "/limiter-report/";

// oxlint-disable-next-line import/no-default-export -- a Worker's entry has one
export default {
  ...spillway,
  async fetch(request, env, ctx) {
    const { pathname } = new URL(request.url);
    if (!pathname.startsWith(REPORT)) return spillway.fetch(request, env, ctx);
    const namespace = env.LIMITER as unknown as DurableObjectNamespace<Limiter>;
    return Response.json(await namespace.get(namespace.idFromName(pathname.slice(REPORT.length))).report());
  },
} satisfies ExportedHandler<Env>;
