/**
 * A create that stalls, crashes or loses its answer: its idempotency key creates one export at most, and can be used
 * again.
 */

import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { Budget } from "../../../src/budget.ts";
import { D1Driver } from "../../../src/db/core/d1-driver.ts";
import { Database, type Param, type Rows, type Statement } from "../../../src/db/core/database.ts";
import { sweep } from "../../support/sweep.ts";
import { roomyService } from "../../support/pipeline.ts";
import { LAST_HOUR, type ProblemView, type Service, type Space } from "../../support/service.ts";

const OTHER = { ...LAST_HOUR, layout: "files" };

let service: Service;
let space: Space;

beforeEach(async () => {
  service = roomyService();
  space = await service.shop();
});

const create = (key: string, body: unknown = LAST_HOUR) =>
  service.call("POST", "/v1/exports", { key: space.key, body, headers: { "idempotency-key": key } });

/** How many exports the space shows. */
const count = async () =>
  (await service.json<{ data: unknown[] }>("GET", "/v1/exports", 200, { key: space.key })).data.length;

const codeOf = async (response: Response) => (await response.json<ProblemView>()).code;

async function summarize(response: Response) {
  const text = await response.text();
  return { status: response.status, text, replay: response.headers.get("idempotent-replay") };
}

/** The control database, with a hook around the transaction that creates the export. */
class Troubled extends Database {
  readonly #around: (commit: () => Promise<unknown>) => Promise<unknown>;
  /** Whether every further write fails. */
  dead = false;

  constructor(around: (commit: () => Promise<unknown>) => Promise<unknown>) {
    super(new D1Driver(env.CONTROL_DB), new Budget());
    this.#around = around;
  }

  override async batch<Row>(statements: readonly Statement[]): Promise<Rows<Row>[]> {
    return (await this.#around(() => super.batch<Row>(statements))) as Rows<Row>[];
  }

  override async run(sql: string, params: readonly Param[] = []): Promise<number> {
    if (this.dead) throw new Error("the line went dead");
    return super.run(sql, params);
  }
}

/** The same call by an instance of the service that has this database. */
async function createWith(control: Troubled): Promise<Response> {
  const instance = roomyService();
  instance.now = service.now;
  instance.context.databases = { ...instance.context.databases, control };
  return instance.call("POST", "/v1/exports", { key: space.key, body: LAST_HOUR, headers: { "idempotency-key": "k" } });
}

/** A call that has reserved its key and stops short of making its export, until `go`. */
async function stalled() {
  const reached = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  const answer = createWith(
    new Troubled(async (commit) => {
      reached.resolve();
      await go.promise;
      return commit();
    }),
  );
  await reached.promise;
  return {
    finish: async () => {
      go.resolve();
      return summarize(await answer);
    },
  };
}

describe("while the first call with a key is in progress", () => {
  it("the second is asked to retry, and then gets the first one's answer", async () => {
    const first = await stalled();
    const early = await create("k");
    expect([early.status, early.headers.get("retry-after"), await codeOf(early)]).toEqual([409, "1", "conflict"]);
    const answer = await first.finish();
    expect(answer.status).toBe(202);
    expect(await summarize(await create("k"))).toEqual({ ...answer, replay: "true" });
    expect(await count()).toBe(1);
  });

  it("another request is rejected at once, and other keys are not delayed", async () => {
    const first = await stalled();
    expect((await create("k", OTHER)).status).toBe(422);
    expect((await create("another")).status).toBe(202);
    expect((await first.finish()).status).toBe(202);
  });
});

describe("a call that died after it reserved its key", () => {
  it("reserves the key for a minute, to the millisecond, and creates nothing", async () => {
    const dead = new Troubled(async () => {
      dead.dead = true;
      throw new Error("the line went dead");
    });
    expect((await createWith(dead)).status).toBe(500);
    service.now += 59_999;
    expect((await create("k")).status).toBe(409);
    service.now += 1;
    const next = await summarize(await create("k", OTHER));
    expect([next.status, next.replay]).toEqual([202, null]);
    expect(await count()).toBe(1);
  });

  it("cannot create its export any more once another call has reserved its key", async () => {
    const first = await stalled();
    service.now += 60_000;
    const second = await summarize(await create("k"));
    expect(second.status).toBe(202);
    expect((await first.finish()).status).toBe(409);
    expect(await summarize(await create("k"))).toEqual({ ...second, replay: "true" });
    expect(await count()).toBe(1);
  });

  it("cannot create its export while the call that has reserved its key is still in progress", async () => {
    const first = await stalled();
    service.now += 60_000;
    const second = await stalled();
    expect((await first.finish()).status).toBe(409);
    const answer = await second.finish();
    expect(answer.status).toBe(202);
    expect(await summarize(await create("k"))).toEqual({ ...answer, replay: "true" });
    expect(await count()).toBe(1);
  });

  it("creates its export when it resumes before another call reserved its key, and the others get its answer", async () => {
    const first = await stalled();
    service.now += 60_000;
    const answer = await first.finish();
    expect(answer.status).toBe(202);
    expect(await summarize(await create("k"))).toEqual({ ...answer, replay: "true" });
    expect(await count()).toBe(1);
  });

  it("releases the key at once when it can", async () => {
    const failing = new Troubled(async () => {
      throw new Error("the database is overloaded");
    });
    expect((await createWith(failing)).status).toBe(500);
    expect((await create("k")).status).toBe(202);
  });
});

it.each([
  ["and nothing else", false],
  ["and the line with it", true],
])("an answer that is lost after the export was created, %s, is given to the next call", async (_what, lineToo) => {
  const lossy = new Troubled(async (commit) => {
    await commit();
    lossy.dead = lineToo;
    throw new Error("the answer was lost");
  });
  expect((await createWith(lossy)).status).toBe(500);
  const answer = await summarize(await create("k"));
  expect(answer).toMatchObject({ status: 202, replay: "true" });
  expect(await count()).toBe(1);
  // No message was sent for it: the sweep finds it.
  service.now += service.config.resendAfterMs;
  await sweep(service.context);
  await service.pump();
  const { id } = JSON.parse(answer.text) as { id: string };
  expect((await service.poll(space, id)).status).toBe("completed");
});
