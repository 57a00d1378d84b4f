/** Exports that begin before a switch and end after it have the bytes of those that ran in one home. */

import { expect, it } from "vitest";
import { move, moveUntil, askMove, step } from "../../support/moves.ts";
import { deliver, roomyService, rowsOf, take } from "../../support/pipeline.ts";
import { orders, START } from "../../support/service.ts";

const D1 = "d1:SPACE_DB";

it("an export that runs through a move has the same bytes, in each direction, and increments have no gap", async () => {
  const service = roomyService();
  const space = await service.shop({ home: D1 });
  await service.send(space, orders(60));
  const request = {
    start: new Date(START - 3_600_000).toISOString(),
    end: new Date(START).toISOString(),
    layout: "files",
    file_rows: 20,
  };
  const first = await service.export(space, request);
  const sums = (view: { files?: readonly { sha256: string }[] | null }) => view.files?.map(({ sha256 }) => sha256);
  expect(sums(first)).toHaveLength(3);

  for (const home of ["object", D1]) {
    const id = await service.ask(space, request);
    await deliver(service, take(service, "plan"));
    await deliver(service, take(service, "chunk"));
    await askMove(service, space, home);
    for (let n = 0; n < 5; n += 1) await step(service, space);
    await deliver(service, take(service, "chunk"));
    await moveUntil(service, space, "cleaning");
    await service.pump();
    expect(sums(await service.poll(space, id))).toEqual(sums(first));
    await moveUntil(service, space, "completed");
  }

  const late = orders(70).slice(60);
  await service.send(space, late);
  await move(service, space, "object");
  const { files: _, ...increment } = { ...request, layout: "single", since: first.id, files: null };
  const { file_rows: __, ...body } = increment;
  const rows = await rowsOf(service, await service.export(space, body));
  expect(rows).toHaveLength(10);
});
