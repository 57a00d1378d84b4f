/** Retention deletes events past their space's retention, in small steps, and none that an export still needs. */

import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { Budget } from "../../src/budget.ts";
import { D1Driver } from "../../src/db/core/d1-driver.ts";
import { Database, type Param, type Rows, type Statement } from "../../src/db/core/database.ts";
import { SPACE_NO } from "../../src/db/core/sequences.ts";
import { sweep } from "../support/sweep.ts";
import { s3Error } from "../support/aws.ts";
import { throughLine } from "../support/bucket.ts";
import { deliver, eventIdsOf, roomyService, take } from "../support/pipeline.ts";
import { orders, type ProblemView, type Service, type Space, START } from "../support/service.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const STEP = 1_000;
const STEPS = 10;
const iso = (time: number) => new Date(time).toISOString();
/** Ten events of 20 days ago, and a window around them. */
const OLD = START - 20 * DAY_MS;
const WINDOW = { start: iso(OLD), end: iso(OLD + HOUR_MS) };
const IDS = orders(10).map((event) => event["id"]);

let service: Service;
let space: Space;

beforeEach(async () => {
  service = roomyService();
  space = await service.shop();
});

const keep = (days: number, of = space) =>
  service.json("PATCH", "/v1/space", 200, { key: of.key, body: { retention_days: days } });

async function eventsOf(of = space): Promise<string[]> {
  const query = env.SPACE_DB.prepare(
    `SELECT id FROM events WHERE space_no = ${SPACE_NO} ORDER BY occurred_at, id`,
  ).bind(of.id);
  return (await query.all<{ id: string }>()).results.map((row) => row.id);
}

/** Each space is looked through once an hour. */
async function lookThrough(): Promise<void> {
  service.now += HOUR_MS;
  await sweep(service.context);
}

const at = (time: number, id: string) => ({ ...orders(1)[0], id, occurred_at: iso(time) });

describe("an event", () => {
  it.each([
    ["stays", 0, ["edge", "young"]],
    ["goes", 1, ["young"]],
  ])("%s when it is %i ms older than its space keeps it, and an hour", async (_what, more, left) => {
    await keep(30);
    await service.send(space, [at(START - HOUR_MS - more, "edge"), at(START, "young")]);
    service.now = START + 30 * DAY_MS;
    await sweep(service.context);
    expect(await eventsOf()).toEqual(left);
  });

  it("of another space that keeps it longer stays", async () => {
    const other = await service.shop();
    for (const each of [space, other]) await service.send(each, orders(10, OLD));
    await keep(1);
    await lookThrough();
    expect([await eventsOf(), await eventsOf(other)]).toEqual([[], IDS]);
  });

  it("goes within an hour after retention was lowered, and a completed export does not hold it", async () => {
    await service.send(space, [...orders(10, OLD), at(START - HOUR_MS, "young")]);
    const done = await service.export(space, WINDOW);
    await sweep(service.context);
    await keep(1);
    service.now += HOUR_MS - 1;
    await sweep(service.context);
    expect(await eventsOf()).toHaveLength(11);
    service.now += 1;
    await sweep(service.context);
    expect(await eventsOf()).toEqual(["young"]);
    expect(await eventIdsOf(service, await service.poll(space, done.id))).toEqual(IDS);
  });
});

/** The spaces' database; how many events each deletion took is written down. */
class Watched extends Database {
  readonly deleted: number[] = [];

  constructor(d1: D1Database) {
    super(new D1Driver(d1), new Budget());
  }

  override async run(sql: string, params: readonly Param[] = []): Promise<number> {
    const changes = await super.run(sql, params);
    if (sql.includes("DELETE FROM events")) this.deleted.push(changes);
    return changes;
  }
}

it("deletes in small steps, and goes on in the same sweep until nothing is left", async () => {
  await service.send(space, [...orders(STEP * STEPS + 1_500, OLD), at(START - HOUR_MS, "young")]);
  await keep(1);
  const watched = new Watched(env.SPACE_DB);
  service.context.databases = { ...service.context.databases, space: () => watched };
  await lookThrough();
  expect(watched.deleted).toEqual([...Array.from({ length: STEPS }, () => STEP), STEP, 500]);
  expect(await eventsOf()).toEqual(["young"]);
});

describe("while an export may still read them, events stay", () => {
  const stop = async () => {
    throughLine(service, async () => s3Error(503, "SlowDown"));
    await service.pump();
    throughLine(service);
  };
  const WAITING: [status: string, wait: (id: string) => Promise<unknown>][] = [
    ["queued", async () => {}],
    ["processing", () => deliver(service, take(service, "plan"))],
    ["failed", stop],
  ];

  async function waiting(status: string): Promise<string> {
    const older = orders(5, OLD - DAY_MS).map((event, n) => ({ ...event, id: `older-${n}` }));
    await service.send(space, [...older, ...orders(10, OLD), at(OLD + DAY_MS, "newer")]);
    const id = await service.ask(space, WINDOW);
    await WAITING.find(([each]) => each === status)?.[1](id);
    expect((await service.poll(space, id)).status).toBe(status);
    await keep(1);
    return id;
  }

  const end = (id: string, verb: string) => service.json("POST", `/v1/exports/${id}/${verb}`, 202, { key: space.key });

  it.each(["queued", "processing", "failed"])(
    "(%s) from the start of its window on, and go when it is done",
    async (status) => {
      const id = await waiting(status);
      for (let hour = 0; hour < 30; hour += 10) {
        service.now += 10 * HOUR_MS;
        await lookThrough();
      }
      expect(await eventsOf()).toEqual([...IDS, "newer"]);
      if (status === "failed") await end(id, "retry");
      await service.pump();
      expect(await eventIdsOf(service, await service.poll(space, id))).toEqual(IDS);
      await lookThrough();
      expect(await eventsOf()).toEqual([]);
    },
  );

  it("but not for one that reads none", async () => {
    await service.send(space, orders(10, OLD));
    const body = { dataset: "profile_attributes", attributes: ["tier"] };
    await service.json("POST", "/v1/exports", 202, { key: space.key, body });
    await keep(1);
    await lookThrough();
    expect(await eventsOf()).toEqual([]);
  });

  it.each(["queued", "processing"])("(%s) and go when it is canceled", async (status) => {
    await end(await waiting(status), "cancel");
    await lookThrough();
    expect(await eventsOf()).toEqual([]);
  });

  it("(failed) and go when it can no longer be retried", async () => {
    const id = await waiting("failed");
    service.now = Date.parse((await service.poll(space, id)).expires_at ?? "") - 1;
    await sweep(service.context);
    expect(await eventsOf()).toEqual([...IDS, "newer"]);
    await lookThrough();
    expect(await eventsOf()).toEqual([]);
  });

  it("(failed) and go when it is deleted", async () => {
    const id = await waiting("failed");
    await service.json("DELETE", `/v1/exports/${id}`, 204, { key: space.key });
    await lookThrough();
    expect(await eventsOf()).toEqual([]);
  });

  it("of its own space alone", async () => {
    const id = await waiting("queued");
    const other = await service.shop();
    await service.send(other, orders(10, OLD));
    await keep(1, other);
    await lookThrough();
    expect([await eventsOf(other), await eventsOf()]).toEqual([[], [...IDS, "newer"]]);
    await service.pump();
    expect(await eventIdsOf(service, await service.poll(space, id))).toEqual(IDS);
  });
});

describe("an export whose window begins at the edge of retention", () => {
  const body = (start: number) => ({ dataset: "activity_events", start: iso(start), end: iso(START) });

  it("is taken to the millisecond, and finds its first event though it is begun later", async () => {
    await keep(20);
    await service.send(space, orders(10, OLD));
    await service.json("POST", "/v1/exports", 422, { key: space.key, body: body(OLD - 1) });
    const id = await service.ask(space, body(OLD));
    service.now += HOUR_MS + 1;
    await sweep(service.context);
    await service.pump();
    expect(await eventIdsOf(service, await service.poll(space, id))).toEqual(IDS);
  });
});

describe("an export that is requested while retention is lowered", () => {
  /** Creates an export, and runs a function right before or after its transaction. */
  async function ask(around: (commit: () => Promise<unknown>) => Promise<unknown>): Promise<Response> {
    const instance = roomyService();
    const control = new (class extends Database {
      override async batch<Row>(statements: readonly Statement[]): Promise<Rows<Row>[]> {
        return (await around(() => super.batch<Row>(statements))) as Rows<Row>[];
      }
    })(new D1Driver(env.CONTROL_DB), new Budget());
    instance.context.databases = { ...instance.context.databases, control };
    instance.context.send = (messages) => service.context.send(messages);
    return instance.call("POST", "/v1/exports", { key: space.key, body: { dataset: "activity_events", ...WINDOW } });
  }

  const lower = async () => {
    await keep(1);
    await sweep(service.context);
  };

  beforeEach(() => service.send(space, orders(10, OLD)));

  it("before it is created is refused, and may be requested again", async () => {
    const answer = await ask(async (commit) => {
      await lower();
      return commit();
    });
    expect([answer.status, (await answer.json<ProblemView>()).code]).toEqual([409, "conflict"]);
    expect(await service.json("GET", "/v1/exports", 200, { key: space.key })).toMatchObject({ data: [] });
    expect(await eventsOf()).toEqual([]);
  });

  it("right after it was created is complete", async () => {
    const answer = await ask(async (commit) => {
      const created = await commit();
      await lower();
      return created;
    });
    expect(answer.status).toBe(202);
    const { id } = await answer.json<{ id: string }>();
    await lookThrough();
    expect(await eventsOf()).toEqual(IDS);
    await service.pump();
    expect(await eventIdsOf(service, await service.poll(space, id))).toEqual(IDS);
  });
});
