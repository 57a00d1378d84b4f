/** Key conflicts: an object with the same bytes counts as the export's own, another one is never overwritten. */

import { describe, expect, it } from "vitest";
import { fileKey } from "../../../src/export/delivery/object-keys.ts";
import { sha256Hex, utf8 } from "../../../src/outbound/s3.ts";
import { s3Error } from "../../support/aws.ts";
import { goWrong, type Line, lostAnswer, type Sent, throughLine } from "../../support/bucket.ts";
import { deliver, onlyFile, roomyService, take } from "../../support/pipeline.ts";
import { dice, noise } from "../../support/random.ts";
import { orders } from "../../support/service.ts";
import { everyNth } from "../../support/seeds.ts";

const SINGLE = { layout: "single" };
const FILES = { layout: "files", file_rows: 4 };

async function planned(request: Record<string, unknown>) {
  const service = roomyService();
  service.context.sizes = {
    chunkRows: 4,
    chunkBytes: 25_000_000,
    chunkScan: 2_000_000,
    partBytes: 5 * 1_048_576,
    fileBytes: 100_000_000,
  };
  const space = await service.shop();
  await service.send(space, orders(10));
  const id = await service.ask(space, request);
  await deliver(service, take(service, "plan"));
  return { service, space, id };
}

describe("another object under a name of the export", () => {
  it.each<[string, Record<string, unknown>, (id: string, file: string) => string]>([
    ["a file", FILES, (_id, file) => file],
    ["a segment", SINGLE, () => "segments/1"],
    ["a file of segments", SINGLE, (_id, file) => file],
    ["the manifest", FILES, (id) => `_${id}-manifest.json`],
  ])(
    "(%s) fails it at once, is not overwritten, and is not taken for a fault of the customer",
    async (_what, request, name) => {
      const { service, space, id } = await planned(request);
      const sql = "SELECT name FROM export_files WHERE space_id = ?1 AND export_id = ?2 ORDER BY n LIMIT 1";
      const [file] = await service.context.databases.control.all<{ name: string }>(sql, [space.id, id]);
      const key = fileKey({ space_id: space.id, id }, name(id, file?.name ?? ""));
      const other = utf8("other");
      await service.context.bucket.putOnce(key, other, await sha256Hex(other), "text/plain");
      const verdicts = await service.pump();
      expect(verdicts.every((verdict) => verdict === "ack")).toBe(true);
      expect(await service.poll(space, id)).toMatchObject({
        status: "failed",
        error: { code: "destination_conflict", owner: "service", retryable: false },
        files: [],
        manifest_url: null,
      });
      expect(await (await service.context.bucket.get(key))?.text()).toBe("other");
    },
  );
});

describe("a file of several parts", () => {
  const begins = ({ method, query }: Sent) => method === "POST" && query === "uploads=";
  const sendsPart = ({ query }: Sent) => query.startsWith("partNumber=2");
  const completes = ({ method, query }: Sent) => method === "POST" && query.startsWith("uploadId=");

  const FAULTS: [string, (sent: Sent) => boolean, Line][] = [
    ["its upload begins and the answer is lost", begins, lostAnswer],
    ["a part of it is refused", sendsPart, async () => s3Error(503, "SlowDown")],
    ["its completion is refused", completes, async () => s3Error(503, "SlowDown")],
    ["its completion is answered with 200 and an error", completes, async () => s3Error(200, "InternalError")],
    ["it is completed and the answer is lost", completes, lostAnswer],
  ];

  it.each(everyNth(FAULTS, 4, 0))("is whole in the end when %s", async (_what, at, wrong) => {
    const service = roomyService();
    service.context.sizes = {
      chunkRows: 50_000,
      chunkBytes: 25_000_000,
      chunkScan: 2_000_000,
      partBytes: 5 * 1_048_576,
      fileBytes: 100_000_000,
    };
    throughLine(service);
    const space = await service.shop();
    const roll = dice(1);
    for (const event of orders(4))
      await service.send(space, [{ ...event, properties: { order_id: noise(roll, 1_900_000), amount: 1 } }]);
    const times = goWrong(service, at, 1, wrong);
    const done = await service.export(space);
    expect(times()).toBe(1);
    expect(done).toMatchObject({ status: "completed", error: null, progress: { rows_written: 4 } });
    const bytes = await service.fetchFile(onlyFile(done));
    expect(await sha256Hex(bytes)).toBe(onlyFile(done).sha256);
  });
});
