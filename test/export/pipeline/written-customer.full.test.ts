/** Split files in a customer's bucket: existing objects are never overwritten nor deleted. */

import { beforeEach, describe, expect, it } from "vitest";
import { type FakeAws, s3Error } from "../../support/aws.ts";
import type { Message } from "../../../src/context.ts";
import { sweep } from "../../support/sweep.ts";
import { fileName, fileNameSecret } from "../../support/bucket.ts";
import { Customer, DAY_MS, PREFIX } from "../../support/customer.ts";
import { gunzip, lines } from "../../support/gunzip.ts";
import { deliver, pumpCarelessly, take } from "../../support/pipeline.ts";
import { purchase, SALES, touchTimes } from "../../support/conversions.ts";
import type { Service } from "../../support/service.ts";

let customer: Customer;
let service: Service;
let aws: FakeAws;

beforeEach(async () => {
  customer = await Customer.open();
  ({ service, aws } = customer);
  await service.send(
    customer.space,
    Array.from({ length: 5 }, (_, n) => purchase(n)),
  );
  await touchTimes(service, customer.space, 4);
});

/** One chunk of 20 rows: four files. */
const FILES = 4;
const ask = () => customer.ask({ ...SALES, file_rows: 5 });

async function namesOf(id: string): Promise<string[]> {
  const secret = await fileNameSecret(id);
  return Array.from({ length: FILES }, (_, nth) => PREFIX + fileName(secret, 0, nth));
}

const retried = (name: string, times = 1) => name.replace(".ndjson", `.retry-${times}.ndjson`);
const manifestOf = (id: string) => `${PREFIX}_${id}-manifest.json`;
const rowsAt = (names: readonly string[]) =>
  names.flatMap((name) => lines(gunzip(aws.objects.get(name)?.body ?? new Uint8Array()))).length;

/** The export fails because its counts did not add up, and a call retries it. */
async function planAgain(id: string): Promise<void> {
  service.queue.length = 0;
  await service.context.databases.control.run(
    "UPDATE exports SET status = 'failed', error_code = 'incomplete_export', expires_at = ?2 WHERE id = ?1",
    [id, service.now + DAY_MS],
  );
  await service.json("POST", `/v1/exports/${id}/retry`, 202, { key: customer.space.key });
}

const parts = (partBytes: number) => {
  service.context.sizes = { ...service.context.sizes, partBytes };
};

/** An export whose first chunk was cut off: it neither completed nor aborted the upload of its second file. */
async function cutOffInUpload(): Promise<{ id: string; cut: Message }> {
  parts(100);
  const id = await ask();
  await deliver(service, take(service, "plan"));
  const cut = take(service, "chunk");
  let closed = 0;
  aws.instead = ({ method, url }) => {
    if (!url.searchParams.has("uploadId") || method === "PUT") return null;
    closed += 1;
    return closed === 1 ? null : s3Error(503, "SlowDown");
  };
  await deliver(service, cut);
  return { id, cut };
}

describe("files in a customer's bucket that are cut as they are written", () => {
  it.each([
    ["whole", 8 * 1_048_576],
    ["in parts", 100],
  ])("keep their names when they are planned again: %s", async (_what, partBytes) => {
    parts(partBytes);
    const id = await ask();
    const names = await namesOf(id);
    await deliver(service, take(service, "plan"));
    await deliver(service, take(service, "chunk"));
    expect(customer.keys()).toEqual(names.toSorted());
    const before = customer.objects();
    await planAgain(id);
    await service.pump();
    const done = await customer.poll(id);
    expect([done.status, done.files.map(({ name }) => name)]).toEqual(["completed", names]);
    expect(customer.keys()).toEqual([...names, manifestOf(id)].toSorted());
    expect(customer.objects()).toEqual(expect.arrayContaining(before));
    expect(aws.uploads.size).toBe(0);
  });

  it.each([
    ["whole", 8 * 1_048_576],
    ["in parts", 100],
  ])(
    "get another key only where the object there has other bytes, when they are planned again: %s",
    async (_what, partBytes) => {
      parts(partBytes);
      const id = await ask();
      const [first = "", second = "", ...others] = await namesOf(id);
      aws.plant(second, "of the earlier plan");
      await deliver(service, take(service, "plan"));
      await planAgain(id);
      await pumpCarelessly(service, { times: 2, order: (waiting) => waiting.toReversed(), width: 2 });
      const done = await customer.poll(id);
      const names = [first, retried(second), ...others];
      expect([done.status, done.files.map(({ name }) => name)]).toEqual(["completed", names]);
      expect([aws.text(second), rowsAt(names)]).toEqual(["of the earlier plan", 20]);
      expect(customer.keys()).toEqual([second, ...names, manifestOf(id)].toSorted());
      expect(aws.uploads.size).toBe(0);
    },
  );

  it("have several other names, each only as often as there were plans", async () => {
    const id = await ask();
    const [first = "", second = "", ...others] = await namesOf(id);
    for (const name of [first, second]) aws.plant(name, "of the earlier plan");
    await deliver(service, take(service, "plan"));
    await planAgain(id);
    aws.plant(retried(second), "another's");
    await service.pump();
    expect(await customer.poll(id)).toMatchObject({ status: "failed", error: { code: "destination_conflict" } });

    await planAgain(id);
    await service.pump();
    const done = await customer.poll(id);
    const names = [retried(first), retried(second, 2), ...others];
    expect([done.status, done.files.map(({ name }) => name)]).toEqual(["completed", names]);
    expect([first, second, retried(second)].map((name) => aws.text(name))).toEqual([
      "of the earlier plan",
      "of the earlier plan",
      "another's",
    ]);
  });

  it("are not written where another's objects exist from the start: the export fails, and nothing is overwritten", async () => {
    const id = await ask();
    const [first = "", second = ""] = await namesOf(id);
    aws.plant(second, "another's");
    await service.pump();
    expect(await customer.poll(id)).toMatchObject({ status: "failed", error: { code: "destination_conflict" } });
    expect([aws.text(second), customer.keys()]).toEqual(["another's", [first, second].toSorted()]);
  });

  it("leave no upload open when a try is cut off in the middle of one: the next try aborts it", async () => {
    const { id, cut } = await cutOffInUpload();
    expect([customer.keys().length, aws.uploads.size]).toEqual([1, 1]);
    aws.instead = () => null;
    service.queue.push(cut);
    await service.pump();
    expect([(await customer.poll(id)).status, aws.uploads.size, customer.keys().length]).toEqual([
      "completed",
      0,
      FILES + 1,
    ]);
  });

  it("leave no upload open when the export is canceled in the middle of one, and what is there stays", async () => {
    const { id } = await cutOffInUpload();
    await service.json("POST", `/v1/exports/${id}/cancel`, 202, { key: customer.space.key });
    const [first = ""] = await namesOf(id);
    aws.instead = () => null;
    service.now += 16 * 60_000;

    await sweep(service.context);
    expect([aws.uploads.size, customer.keys()]).toEqual([0, [first]]);
  });
});
