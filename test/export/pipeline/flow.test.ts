import { expect, it } from "vitest";
import { gunzip, lines } from "../../support/gunzip.ts";
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
