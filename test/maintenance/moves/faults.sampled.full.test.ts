/**
 * One fault at each effect of a move to an object and back: the mover fails before or after it, or stops there until
 * others have moved the space, and moved it back. Every event that was accepted is there once, the move ends, and
 * nothing is left in the other home.
 */

import { beforeAll, expect, it } from "vitest";
import { stepMove } from "../../../src/maintenance/moves.ts";
import { faultyMover, MOVE_FAULTS, type MoveFault } from "../../support/move-faults.ts";
import { askMove, leftIn, move, moveOf, moveToRest, moveUntil, rowsIn, spaceView } from "../../support/moves.ts";
import { roomyService } from "../../support/pipeline.ts";
import { everyNth } from "../../support/seeds.ts";
import { orders, type Service, type Space } from "../../support/service.ts";

const D1 = "d1:SPACE_DB";
const OTHER: Record<string, string> = { [D1]: "object", object: D1 };
/** A step in so many is followed by a write. */
const WRITE_EVERY = 6;

const service = roomyService();
let effects: { to: string; at: number }[] = [];
let spaces = 0;

/** A space in a home, with 12 events and a person. */
async function spaceIn(home: string): Promise<Space> {
  spaces += 1;
  const space = await service.shop({ home });
  await service.send(space, orders(12));
  return space;
}

/** Plays one move. @returns how many effects it had. */
async function play(to: string, at: number, fault: MoveFault): Promise<number> {
  const from = OTHER[to] ?? "";
  const space = await spaceIn(from);
  const accepted = new Set(orders(12).map(({ id }) => id as string));
  let sent = 0;
  async function send(): Promise<void> {
    const [event] = orders(1);
    const id = `late-${(sent += 1)}`;
    const { status } = await service.call("POST", "/v1/events", {
      key: space.key,
      body: { events: [{ ...event, id }] },
    });
    expect([202, 503]).toContain(status);
    if (status === 202) accepted.add(id);
  }
  await askMove(service, space, to);
  let home = to;
  const { mover, effects: seen } = faultyMover(service.context, at, fault, async () => {
    // Others end the move, and where it had ended already, they move the space back.
    await moveUntil(service, space, "completed", async (n) => (n % WRITE_EVERY === 0 ? send() : undefined));
    await move(service, space, from);
    await send();
    home = from;
  });
  for (let n = 0; (await moveOf(service, space)).state !== "completed"; n += 1) {
    if (n > 500) throw new Error("the move does not end");
    if (n % WRITE_EVERY === 0) await send();
    const row = await moveOf(service, space);
    // What a mover throws is logged; the next one goes on.
    const next = await service.budget.invoke(() => stepMove(mover, row, 7)).catch(() => "again");
    if (typeof next === "number") service.now = Math.max(service.now, next);
  }
  await send();
  await moveToRest(service, space);
  expect((await spaceView(service, space)).home).toBe(home);
  const stored = (await rowsIn(service, space, home))["events"]?.map((row) => (JSON.parse(row) as string[])[1]);
  expect(stored?.toSorted()).toEqual([...accepted].toSorted());
  await expectEmpty(service, space, OTHER[home] ?? "");
  expect(await logsIn(service, space, home)).toBe(0);
  return seen.n;
}

/** Whether a home logs changes of a space, and the changes that it has logged. */
async function logsIn(service: Service, space: Space, home: string): Promise<number> {
  const db = service.context.databases.spaceAt(home, space.id);
  const sql =
    "SELECT (SELECT count(*) FROM moves_out WHERE space_id = ?1) + (SELECT count(*) FROM move_log WHERE space_id = ?1) AS n";
  return (await db.first<{ n: number }>(sql, [space.id]))?.n ?? -1;
}

async function expectEmpty(service: Service, space: Space, home: string): Promise<void> {
  const left = await leftIn(service, space, home).catch((thrown: unknown) => String(thrown));
  expect(left).toBe(home === D1 ? 0 : "Error: space_gone");
}

beforeAll(async () => {
  effects = [];
  for (const to of ["object", D1]) {
    const count = await play(to, -1, "fails before");
    effects.push(...Array.from({ length: count }, (_, at) => ({ to, at })));
  }
}, 300_000);

it.each(MOVE_FAULTS)(
  "a move whose mover %s, ends with every row in one home",
  async (fault) => {
    const sampled = everyNth(effects, Math.min(40, effects.length), MOVE_FAULTS.indexOf(fault), 30);
    const wrong: string[] = [];
    for (const { to, at } of sampled)
      await play(to, at, fault).catch((thrown: unknown) =>
        wrong.push(`to ${to}, ${fault} effect ${at}: ${String(thrown)}`),
      );
    expect(wrong).toEqual([]);
  },
  900_000,
);
