/** An export to a customer's bucket that is planned again. Files of its earlier plan cannot be removed there. */

import { beforeEach, describe, expect, it } from "vitest";
import { listFiles } from "../../support/ledger.ts";
import { type FakeAws, s3Error } from "../../support/aws.ts";
import { Customer, DAY_MS, IDS, PREFIX } from "../../support/customer.ts";
import { deliver, pumpCarelessly, take } from "../../support/pipeline.ts";
import type { Service } from "../../support/service.ts";

let customer: Customer;
let service: Service;
let aws: FakeAws;

beforeEach(async () => {
  customer = await Customer.open();
  ({ service, aws } = customer);
});

/** The export fails because its counts did not add up, and a call retries it. */
async function planAgain(id: string): Promise<void> {
  service.queue.length = 0;
  await service.context.databases.control.run(
    "UPDATE exports SET status = 'failed', error_code = 'incomplete_export', expires_at = ?2 WHERE id = ?1",
    [id, service.now + DAY_MS],
  );
  await service.json("POST", `/v1/exports/${id}/retry`, 202, { key: customer.space.key });
}

const namesOf = async (id: string) =>
  (await listFiles(service.context.databases.control, { space_id: customer.space.id, id })).map(
    ({ name }) => PREFIX + name,
  );
const retried = (name: string, times = 1) => name.replace(".", `.retry-${times}.`);
const manifestOf = (id: string) => `${PREFIX}_${id}-manifest.json`;

describe("an export that is planned again", () => {
  it("keeps the files that are already there, each once, at their keys", async () => {
    const id = await customer.ask();
    await deliver(service, take(service, "plan"));
    await deliver(service, take(service, "chunk"));
    const [first = ""] = customer.keys();
    await planAgain(id);
    await service.pump();
    const done = await customer.poll(id);
    const names = done.files.map(({ name }) => name);
    expect([done.status, names]).toEqual(["completed", [first, ...names.slice(1)]]);
    expect(customer.keys()).toEqual([...names, manifestOf(id)].toSorted());
    expect(customer.idsAt(names)).toEqual(IDS);
    expect(names.some((name) => name.includes("retry"))).toBe(false);
  });

  it.each([
    ["whole files", {}, 8 * 1_048_576],
    ["files in parts", {}, 100],
    ["one file in parts, assembled from segments", { layout: "single" }, 300],
  ])("takes another key only where the object there has other bytes: %s", async (_what, more, partBytes) => {
    service.context.sizes = {
      chunkRows: 2,
      chunkBytes: 25_000_000,
      chunkScan: 2_000_000,
      partBytes,
      fileBytes: 100_000_000,
    };
    const id = await customer.ask({ file_rows: 3, ...more });
    await deliver(service, take(service, "plan"));
    const [first = "", ...others] = await namesOf(id);
    aws.plant(first, "of the earlier plan");
    await planAgain(id);
    await pumpCarelessly(service, { times: 2, order: (waiting) => waiting.toReversed(), width: 2 });
    const done = await customer.poll(id);
    const names = done.files.map(({ name }) => name);
    expect([done.status, names]).toEqual(["completed", [retried(first), ...others]]);
    expect([aws.text(first), customer.idsAt(names)]).toEqual(["of the earlier plan", IDS]);
    expect(customer.keys()).toEqual([first, ...names, manifestOf(id)].toSorted());
    expect([aws.seen.some(({ method }) => method === "POST"), aws.uploads.size]).toEqual([partBytes < 1_000, 0]);
  });

  it("takes the name of an earlier plan that has these bytes, and at most one more than it had plans", async () => {
    const id = await customer.ask({ file_rows: 50_000 });
    await deliver(service, take(service, "plan"));
    const [name = ""] = await namesOf(id);
    aws.plant(name, "of the first plan");
    await planAgain(id);
    await deliver(service, take(service, "plan"));
    await deliver(service, take(service, "chunk"));
    await planAgain(id);
    aws.plant(retried(name, 2), "another's");
    await service.pump();
    expect((await customer.poll(id)).files.map((file) => file.name)).toEqual([retried(name)]);

    aws.plant(retried(name), "of the second plan");
    await planAgain(id);
    aws.plant(retried(name, 3), "another's");
    await service.pump();
    expect(await customer.poll(id)).toMatchObject({ status: "failed", error: { code: "destination_conflict" } });
  });

  it("aborts the uploads that its earlier plan left open", async () => {
    service.context.sizes = {
      chunkRows: 50_000,
      chunkBytes: 25_000_000,
      chunkScan: 2_000_000,
      partBytes: 100,
      fileBytes: 100_000_000,
    };
    const id = await customer.ask({ file_rows: 50_000 });
    aws.instead = ({ method, url }) =>
      url.searchParams.has("uploadId") && method !== "PUT" ? s3Error(503, "SlowDown") : null;
    await deliver(service, take(service, "plan"));
    await deliver(service, take(service, "chunk"));
    expect(aws.uploads.size).toBe(1);
    await planAgain(id);
    await planAgain(id);
    aws.instead = () => null;
    await deliver(service, take(service, "plan"));
    expect(aws.uploads.size).toBe(0);
  });
});
