/**
 * A space that moves while it is written to ends with the rows of a space that got the same writes and never moved: in
 * every table, at each step, from D1 to an object and back.
 */

import { expect, it } from "vitest";
import { leftIn, move, moveUntil, askMove, rowsIn, spaceView } from "../../support/moves.ts";
import { maintain, write } from "../../support/move-writes.ts";
import { roomyService } from "../../support/pipeline.ts";
import { orders, type Space } from "../../support/service.ts";

const D1 = "d1:SPACE_DB";

it("moves to an object and back, with writes between its steps", async () => {
  const service = roomyService();
  const twins: [Space, Space] = [await service.shop({ home: D1 }), await service.shop({ home: D1 })];
  const [moved, stays] = twins;
  for (const space of twins) await service.send(space, orders(40));
  for (let seed = 1; seed < 40; seed += 1) await write(service, twins, seed);

  for (const [round, home] of ["object", D1].entries()) {
    await askMove(service, moved, home);
    let seed = 1_000 * (round + 1);
    // A freeze takes no writes: none is made between its steps.
    await moveUntil(service, moved, "switching", async (n) => {
      if (n < 90) await write(service, twins, (seed += 1));
      if (n % 30 === 29) {
        service.now += 120_000;
        await maintain(service);
      }
    });
    await moveUntil(service, moved, "cleaning");
    expect((await spaceView(service, moved)).home).toBe(home);
    expect(await rowsIn(service, moved, home)).toEqual(await rowsIn(service, stays, D1));
    for (let n = 0; n < 10; n += 1) await write(service, twins, (seed += 1));
    await moveUntil(service, moved, "completed");
    expect(await rowsIn(service, moved, home)).toEqual(await rowsIn(service, stays, D1));
  }
  const rows = await rowsIn(service, stays, D1);
  expect(Object.entries(rows).flatMap(([table, own]) => (own.length === 0 ? [table] : []))).toEqual([]);
  expect(await spaceView(service, moved)).toMatchObject({
    home: D1,
    move: { state: "completed", from: "object", to: D1 },
  });
});

it("moves a space that has no rows", async () => {
  const service = roomyService();
  const space = await service.space({ home: D1 });
  await move(service, space, "object");
  expect(await leftIn(service, space, D1)).toBe(0);
  await service.send(await service.shop({ home: D1 }), orders(1));
  expect((await spaceView(service, space)).home).toBe("object");
});
