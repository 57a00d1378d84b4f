/** A result of very many files is fetched file by file: joining them would be more requests than an invocation has. */

import { expect, it } from "vitest";
import { roomyService } from "../../support/pipeline.ts";
import { orders } from "../../support/service.ts";

it.each([
  [1_000, 200],
  [1_001, 409],
])("the content of %i files is answered with %i", async (files, status) => {
  const service = roomyService();
  const space = await service.shop();
  await service.send(space, orders(1));
  const { id } = await service.export(space, { layout: "files", file_rows: 1 });
  // The test inserts the ledger rows itself: no file beyond the first is read here.
  await service.context.databases.control.run(
    `INSERT INTO export_files (space_id, export_id, n, name, done, rows, bytes, uncompressed_bytes, sha256)
     SELECT ?1, ?2, 1 + j.key, 'made-' || j.key, 1, 0, 20, 0, '' FROM json_each(?3) j`,
    [space.id, id, JSON.stringify(Array.from({ length: files - 1 }, () => 0))],
  );
  const response = await service.call("GET", `/v1/exports/${id}/content`, { key: space.key });
  await response.text();
  expect(response.status).toBe(status);
});
