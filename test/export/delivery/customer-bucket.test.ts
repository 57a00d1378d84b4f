/**
 * Delivery into a customer's own bucket, from the call to the last object, against an S3 and STS that check every
 * signature.
 */

import { beforeEach, describe, expect, it } from "vitest";
import { sweep } from "../../support/sweep.ts";
import { type FakeAws, s3Error } from "../../support/aws.ts";
import { objectsOf } from "../../support/bucket.ts";
import { Customer, DAY_MS, IDS, PREFIX } from "../../support/customer.ts";
import { deliver, pumpCarelessly, take } from "../../support/pipeline.ts";
import {
  type ExportView,
  LAST_HOUR,
  orders,
  type ProblemView,
  type Service,
  type Space,
} from "../../support/service.ts";

let customer: Customer;
let service: Service;
let space: Space;
let aws: FakeAws;

beforeEach(async () => {
  customer = await Customer.open();
  ({ service, space, aws } = customer);
});

describe("an export to a bucket by role", () => {
  it("uploads its files and the manifest there, under the names in the export", async () => {
    const done = await customer.export();
    expect(done).toMatchObject({ status: "completed", expires_at: null, download_url: null, url_expires_at: null });
    const names = done.files.map((file) => file.name);
    expect(names).toHaveLength(3);
    expect(names[0]).toMatch(new RegExp(`^${PREFIX}${done.id}-events-\\d{17}-\\d{17}\\.json\\.gz$`));
    expect(customer.keys()).toEqual([...names, `${PREFIX}_${done.id}-manifest.json`].toSorted());
    expect(customer.idsAt(names)).toEqual(IDS);
    expect(done.files.every((file) => file.url === undefined)).toBe(true);
    expect(done).toMatchObject({
      delivery: { type: "s3", destination_id: null, bucket: "acme-exports", region: "eu-central-1", prefix: PREFIX },
    });
  });

  it("assumes the role with the space's external id, its own id, and no more power than it needs", async () => {
    const done = await customer.export();
    expect(aws.sts.map(({ host }) => host)).toEqual(["sts.eu-central-1.amazonaws.com"]);
    const params = aws.sts[0]?.params;
    expect([params?.get("ExternalId"), params?.get("RoleSessionName")]).toEqual([space.external_id, done.id]);
    expect(JSON.parse(params?.get("Policy") ?? "")).toEqual({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: ["s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload"],
          Resource: `arn:aws:s3:::acme-exports/${PREFIX}*`,
        },
      ],
    });
    expect(new Set(aws.seen.map(({ url }) => url.host))).toEqual(
      new Set(["acme-exports.s3.eu-central-1.amazonaws.com"]),
    );
    expect(aws.seen.every(({ headers }) => headers.get("if-none-match") === "*")).toBe(true);
  });

  it("has its manifest in both places, the same bytes, and the service's own bucket has nothing else of it", async () => {
    const done = await customer.export();
    const manifest = await service.call("GET", `/v1/exports/${done.id}/manifest`, { key: space.key });
    expect(await manifest.text()).toBe(aws.text(`${PREFIX}_${done.id}-manifest.json`));
    const { files } = JSON.parse(aws.text(`${PREFIX}_${done.id}-manifest.json`)) as { files: { name: string }[] };
    expect(files.map(({ name }) => name)).toEqual(done.files.map(({ name }) => name));
    expect(await objectsOf(service, space, done.id)).toEqual([`_${done.id}-manifest.json`]);
    // Written last: a reader who finds the manifest finds all the other objects.
    expect(aws.seen.at(-1)?.url.pathname).toBe(`/${PREFIX}_${done.id}-manifest.json`);
  });

  it.each(["content", "files/any"])("says that /%s is in the customer's bucket", async (path) => {
    const done = await customer.export();
    const problem = await service.json<ProblemView>("GET", `/v1/exports/${done.id}/${path}`, 409, { key: space.key });
    expect(problem.code).toBe("conflict");
  });

  it("goes to the store that the settings name, in path style, where the request names its bucket itself", async () => {
    const elsewhere = await Customer.open({
      STS_ENDPOINT: "https://sts.acme.example",
      S3_ENDPOINT: "https://s3.acme.example/",
    });
    const done = await elsewhere.export();
    expect(done.status).toBe("completed");
    expect(elsewhere.idsAt(done.files.map((file) => file.name))).toEqual(IDS);
    const addresses = elsewhere.aws.seen.map(({ url }) => `${url.host}${url.pathname.slice(0, 14)}`);
    expect(new Set(addresses)).toEqual(new Set(["s3.acme.example/acme-exports/"]));
  });

  it("as one file keeps its segments in the service's bucket and puts one object there", async () => {
    service.context.sizes = {
      chunkRows: 2,
      chunkBytes: 25_000_000,
      chunkScan: 2_000_000,
      partBytes: 8 * 1_048_576,
      fileBytes: 100_000_000,
    };
    const done = await customer.export({ layout: "single" });
    expect(done).toMatchObject({ status: "completed", progress: { files_total: 1 } });
    expect(customer.keys()).toHaveLength(2);
    expect(customer.idsAt(done.files.map((file) => file.name))).toEqual(IDS);
    expect(await objectsOf(service, space, done.id)).toEqual([`_${done.id}-manifest.json`]);
  });

  it("with nothing found leaves a manifest and no file", async () => {
    const end = new Date(service.now - 3_500_000).toISOString();
    const done = await customer.export({ end });
    expect([done.status, done.files, customer.keys()]).toEqual([
      "completed",
      [],
      [`${PREFIX}_${done.id}-manifest.json`],
    ]);
  });
});

describe("what is repeated", () => {
  it("gives the same objects, each written once", async () => {
    await customer.ask();
    await pumpCarelessly(service, { times: 3, order: (waiting) => waiting.toReversed(), width: 2 });
    expect(customer.idsAt(customer.keys().filter((key) => key.includes("-events-")))).toEqual(IDS);
    const puts = aws.seen.filter(({ method }) => method === "PUT").map(({ url }) => url.pathname);
    expect(new Set(puts).size).toBe(4);
  });

  it("after a lost answer finds its own bytes there, and counts them as written", async () => {
    const lost = new Set<string>();
    service.customers = async (input, init) => {
      const response = await aws.fetch(input, init);
      const { method, url } = new Request(input, { method: init?.method ?? "GET" });
      if (method !== "PUT" || lost.has(url)) return response;
      lost.add(url);
      throw new TypeError("Network connection lost.");
    };
    const done = await customer.export();
    expect([done.status, lost.size]).toEqual(["completed", 4]);
    expect(customer.idsAt(done.files.map((file) => file.name))).toEqual(IDS);
  });

  it("as a large file is uploaded in parts, aborts an earlier try's upload, and never overwrites", async () => {
    service.context.sizes = {
      chunkRows: 50_000,
      chunkBytes: 25_000_000,
      chunkScan: 2_000_000,
      partBytes: 100,
      fileBytes: 100_000_000,
    };
    let refused = 0;
    aws.instead = ({ method, url }) =>
      method === "POST" && url.searchParams.has("uploadId") && (refused += 1) < 2
        ? s3Error(500, "InternalError")
        : null;
    const done = await customer.export({ file_rows: 50_000 });
    expect(done.status).toBe("completed");
    expect([aws.uploads.size, customer.idsAt(done.files.map((file) => file.name))]).toEqual([0, IDS]);
    const completions = aws.seen.filter(({ method, url }) => method === "POST" && url.searchParams.has("uploadId"));
    expect(completions.every(({ headers }) => headers.get("if-none-match") === "*")).toBe(true);
  });

  it("as a large file aborts its upload when the object exists already", async () => {
    service.context.sizes = {
      chunkRows: 50_000,
      chunkBytes: 25_000_000,
      chunkScan: 2_000_000,
      partBytes: 100,
      fileBytes: 100_000_000,
    };
    const id = await customer.ask({ file_rows: 50_000 });
    const before = take(service, "plan");
    await deliver(service, before);
    const chunk = take(service, "chunk");
    // The completion takes effect, its answer is lost, and the store stops answering.
    let away = false;
    service.customers = async (input, init) => {
      const response = await aws.fetch(input, init);
      away ||= init?.method === "POST" && new Request(input).url.includes("uploadId=");
      if (away) throw new TypeError("lost");
      return response;
    };
    expect(await deliver(service, chunk)).not.toBe("ack");
    service.customers = aws.fetch;
    await deliver(service, chunk, 2);
    await service.pump();
    expect([(await customer.poll(id)).status, aws.uploads.size]).toEqual(["completed", 0]);
  });

  it("as a large file whose last answer is lost is looked for, and not written again", async () => {
    service.context.sizes = {
      chunkRows: 50_000,
      chunkBytes: 25_000_000,
      chunkScan: 2_000_000,
      partBytes: 100,
      fileBytes: 100_000_000,
    };
    service.customers = async (input, init) => {
      const response = await aws.fetch(input, init);
      if (init?.method === "POST" && new Request(input).url.includes("uploadId=")) throw new TypeError("lost");
      return response;
    };
    await customer.ask({ file_rows: 50_000 });
    await deliver(service, take(service, "plan"));
    expect(await deliver(service, take(service, "chunk"))).toBe("ack");
    expect(aws.seen.filter(({ url }) => url.search.startsWith("?uploads"))).toHaveLength(1);
    expect([customer.idsAt(customer.keys()), aws.uploads.size]).toEqual([IDS, 0]);
  });
});

describe("an object that is there already", () => {
  async function withAnother(): Promise<ExportView> {
    const id = await customer.ask();
    const window = digits(Date.parse(LAST_HOUR.start));
    const [, second] = orders(5).filter((_, n) => n % 2 === 0);
    const end = digits(Date.parse(String(second?.["occurred_at"])));
    const key = `${PREFIX}${id}-events-${window}-${end}.json.gz`;
    aws.plant(key, "another's");
    await service.pump();
    expect(aws.text(key)).toBe("another's");
    return customer.poll(id);
  }
  const digits = (time: number) => new Date(time).toISOString().replaceAll(/\D/g, "");

  it("is not overwritten: the export fails with destination_conflict", async () => {
    expect(await withAnother()).toMatchObject({
      status: "failed",
      error: { code: "destination_conflict", owner: "customer" },
    });
  });

  it("which may not be read is reported as the reason", async () => {
    aws.instead = ({ method }) => (method === "GET" ? s3Error(403, "AccessDenied") : null);
    const { error } = await withAnother();
    expect(error).toMatchObject({ code: "bucket_denied", message: expect.stringContaining("s3:GetObject") });
  });
});

describe("no step of the service removes a file from a customer's bucket", () => {
  const noDeletes = () =>
    aws.seen.filter(({ method, url }) => method === "DELETE" && !url.searchParams.has("uploadId"));

  it("neither time nor DELETE", async () => {
    const done = await customer.export();
    const before = customer.objects();
    service.now += 30 * DAY_MS;
    await sweep(service.context);
    expect((await customer.poll(done.id)).status).toBe("completed");
    await service.json("DELETE", `/v1/exports/${done.id}`, 204, { key: space.key });
    await sweep(service.context);
    service.now += DAY_MS;
    await sweep(service.context);
    expect([customer.objects(), noDeletes()]).toEqual([before, []]);
    expect(await objectsOf(service, space, done.id)).toEqual([]);
  });

  it("nor the end of the record, 90 days later", async () => {
    const done = await customer.export();
    const before = customer.objects();
    for (let day = 0; day < 92; day += 46) {
      service.now += 46 * DAY_MS;
      await sweep(service.context);
    }
    await sweep(service.context);
    await service.json("GET", `/v1/exports/${done.id}`, 404, { key: space.key });
    expect(customer.objects()).toEqual(before);
  });

  it("nor a cancel, which ends what is not yet an object", async () => {
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
    await service.json("POST", `/v1/exports/${id}/cancel`, 202, { key: space.key });
    aws.instead = () => null;
    await sweep(service.context);
    expect([aws.uploads.size, noDeletes()]).toEqual([0, []]);
  });
});
