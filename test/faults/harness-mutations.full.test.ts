/**
 * Mutation tests of the fault harness: a service that is broken on purpose, without any error, does not pass it. Each
 * test breaks one step and names the check that finds it.
 */

import { beforeAll, describe, expect, it } from "vitest";
import type { Database, Param, Statement } from "../../src/db/core/database.ts";
import type { Context } from "../../src/context.ts";
import { figures } from "../support/faults/figures.ts";
import { oneFault, undisturbed } from "../support/faults/plans.ts";
import type { Tamper } from "../support/faults/play.ts";
import { openRig, type Rig, runPlan } from "../support/faults/rig.ts";

let rig: Rig;

beforeAll(async () => {
  rig = await openRig("single");
});

/** An object some of whose methods are others. */
function but<Whole extends object>(whole: Whole, others: Partial<Whole>): Whole {
  return new Proxy(whole, {
    get(target, name) {
      const value: unknown = Reflect.get(Reflect.has(others, name) ? others : target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** A context whose commits to the control database are rewritten first. */
function rewriting(change: (statement: Statement) => Statement): Tamper {
  return (context) => {
    const { control } = context.databases;
    const batch = (statements: readonly Statement[]) => control.batch(statements.map(change));
    return {
      ...context,
      databases: { ...context.databases, control: but(control, { batch: batch as Database["batch"] }) },
    };
  };
}

const replacing = (from: string, to: string) =>
  rewriting((each) => ({ ...each, sql: each.sql.includes(from) ? each.sql.replace(from, to) : each.sql }));

/** The undisturbed run's effect that does this. */
function effectThat(does: string) {
  const effect = rig.effects.find(({ detail }) => detail.includes(does));
  if (effect === undefined) throw new Error(`no effect does ${does}`);
  return effect;
}

/** The query of a page of events, and the page that it returns. */
function rereading(change: (packed: string) => string): Tamper {
  return (context) => ({
    ...context,
    databases: { ...context.databases, space: (id) => altered(context, id, change) },
  });
}

function altered(context: Context, spaceId: string, change: (packed: string) => string): Database {
  const space = context.databases.space(spaceId);
  const first = async (sql: string, params?: readonly Param[]) => {
    const row = await space.first<{ packed?: string | null }>(sql, params);
    return typeof row?.packed === "string" ? { packed: change(row.packed) } : row;
  };
  return but(space, { first: first as Database["first"] });
}

it("an undisturbed run has the effects, under the names, by which plans place their faults", async () => {
  const { play } = await runPlan(rig, undisturbed());
  const named = (effects: Rig["effects"]) => effects.map(({ name, by, detail }) => `${by}: ${name} ${detail}`);
  expect(named(play.stage.trace)).toEqual(named(rig.effects));
});

describe("the harness notices", () => {
  it("a row in another's place, though every count is right", async () => {
    const tamper = rereading((packed) => {
      const rows = packed.split("\n");
      return [rows[0], ...rows.slice(0, 1), ...rows.slice(2)].join("\n");
    });
    await expect(runPlan(rig, undisturbed(), tamper)).rejects.toThrow(/the events that were delivered/);
    expect([figures.lost, figures.doubled]).toEqual([3, 3]);
  });

  it("a segment that is not read as it was written", async () => {
    const tamper: Tamper = (context) => ({
      ...context,
      bucket: but(context.bucket, {
        async read(key, range) {
          const bytes = await context.bucket.read(key, range);
          return bytes === null ? null : bytes.map((byte, n) => (n === 100 ? byte ^ 1 : byte));
        },
      }),
    });
    await expect(runPlan(rig, undisturbed(), tamper)).rejects.toThrow(/undisturbed \[\]/);
  });

  it("a completion without its guard, after the export was canceled", async () => {
    const completion = effectThat("UPDATE exports SET status = 'completed'");
    const plan = { ...oneFault(completion.name, "stalled before"), cancelAt: completion.index + 1 };
    await runPlan(rig, plan);
    const tamper = replacing("AND status = 'processing' AND phase = 'finishing'", "");
    await expect(runPlan(rig, plan, tamper)).rejects.toThrow(/an illegal move: canceled … canceled → completed/);
  });

  it("a chunk that is never entered into the ledger", async () => {
    const tamper = replacing("UPDATE export_chunks SET done = 1", "UPDATE export_chunks SET done = 0");
    await expect(runPlan(rig, { ...undisturbed(), maxEffects: 400 }, tamper)).rejects.toThrow(/no end after/);
  });

  it("a chunk that is entered twice, differently", async () => {
    const tamper = rewriting((each) =>
      each.sql.includes("UPDATE export_chunks SET done = 1")
        ? {
            sql: each.sql.replace("done = 0 AND", "true AND").replace("sha256 = ?9", "sha256 = ?9 || random()"),
            params: each.params,
          }
        : each,
    );
    const plan = oneFault(effectThat("UPDATE export_chunks SET done = 1").name, "twice");
    await expect(runPlan(rig, plan, tamper)).rejects.toThrow(/chunks \d was done as/);
  });

  it("an end that is delivered under a new id each time", async () => {
    let tries = 0;
    const tamper: Tamper = (context) => ({
      ...context,
      fetch: (input, init) => {
        const headers = new Headers(init?.headers);
        headers.set("webhook-id", `${headers.get("webhook-id")}-${(tries += 1)}`);
        return context.fetch(input, { ...init, headers });
      },
    });
    const plan = oneFault("hook.POST#1", "fails after");
    await runPlan(rig, plan);
    await expect(runPlan(rig, plan, tamper)).rejects.toThrow(/webhook ids/);
  });

  it("an end that is never delivered", async () => {
    const tamper = replacing("e.callback_url IS NOT NULL", "e.callback_url IS NULL");
    await expect(runPlan(rig, undisturbed(), tamper)).rejects.toThrow(/: events: \[\]/);
  });

  it("a manifest that is written again with other bytes", async () => {
    let tries = 0;
    const tamper: Tamper = (context, play) => ({
      ...context,
      bucket: but(context.bucket, {
        async putOnce(key, body, sha256, type) {
          if (key.endsWith("-manifest.json")) {
            tries += 1;
            play.s3.objects.delete(key);
            const other = new TextEncoder().encode(`${new TextDecoder().decode(body)}${" ".repeat(tries)}`);
            const digest = Buffer.from(await crypto.subtle.digest("SHA-256", other)).toString("hex");
            return context.bucket.putOnce(key, other as Uint8Array<ArrayBuffer>, digest, type);
          }
          return context.bucket.putOnce(key, body, sha256, type);
        },
      }),
    });
    const plan = oneFault(effectThat("UPDATE exports SET status = 'completed'").name, "fails before");
    await expect(runPlan(rig, plan, tamper)).rejects.toThrow(/every write of the manifest/);
  });
});
