import { expect, it } from "vitest";
import { gunzip, lines } from "../../support/gunzip.ts";
import { deliver, take } from "../../support/pipeline.ts";
import { orders, Service } from "../../support/service.ts";

it("exports every event once, in order, in one gzip member", async () => {
  const service = new Service();
  const space = await service.shop();
  await service.send(space, orders(3));

  const done = await service.export(space);

  expect(done.status).toBe("completed");
  const rows = lines(gunzip(await service.fetchFile(done.files[0] ?? { url: "" })));
  expect(rows.map((row) => row["eventId"])).toEqual(["e-0000000", "e-0000001", "e-0000002"]);
});

it("puts one file together from segments that were compressed apart", async () => {
  const service = new Service();
  const space = await service.shop();
  await service.send(space, orders(50_001));

  const done = await service.export(space);

  expect(done.progress).toMatchObject({ rows_written: 50_001, rows_total: 50_001, files_written: 1, percent: 100 });
  expect(done.files).toHaveLength(1);
  const rows = lines(gunzip(await service.fetchFile(done.files[0] ?? { url: "" })));
  expect(rows).toHaveLength(50_001);
  expect(rows.at(-1)).toMatchObject({ eventId: "e-0050000", amount: 12_500 });
});

it("lets other work run between pages of rows that are much longer than what is stored", async () => {
  const service = new Service();
  const space = await service.shop();
  const fields = Array.from({ length: 128 }, (_, n) => ({ name: `${"f".repeat(100)}${n}`, type: "text" }));
  await service.json("POST", "/v1/event-definitions", 201, {
    key: space.key,
    body: { id: "wide", name: "Wide", properties: [{ name: "items", type: "list", fields }] },
  });
  const properties = { items: Array.from({ length: 120 }, () => ({})) };
  await service.send(
    space,
    orders(20).map((order) => ({ ...order, definition_id: "wide", properties })),
  );
  const id = await service.ask(space);
  await deliver(service, take(service, "plan"));

  // Each page asks for the time once, when it is written: two pages that follow one another are two in one turn.
  const { runtime } = service.context;
  let [inTurn, mostInTurn] = [0, 0];
  const chunk = { written: false };
  service.context.runtime = {
    ...runtime,
    now: () => {
      inTurn += 1;
      mostInTurn = Math.max(mostInTurn, inTurn);
      return runtime.now();
    },
  };
  const otherWork = (async () => {
    while (!chunk.written) {
      await scheduler.wait(0);
      inTurn = 0;
    }
  })();
  await deliver(service, take(service, "chunk"));
  chunk.written = true;
  await otherWork;
  service.context.runtime = runtime;
  await service.pump();

  expect(await service.poll(space, id)).toMatchObject({ status: "completed", progress: { rows_written: 20 } });
  expect(mostInTurn).toBeLessThan(10);
});
