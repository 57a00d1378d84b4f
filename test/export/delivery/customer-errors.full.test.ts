/**
 * Errors that keep files from a customer's bucket, and their reports; and the write settings of destinations.
 */

import { beforeEach, describe, expect, it } from "vitest";
import { listFiles } from "../../support/ledger.ts";
import { sweep } from "../../support/sweep.ts";
import { type FakeAws, KEYS, s3Error } from "../../support/aws.ts";
import { conversion } from "../../support/conversions.ts";
import { Customer, INLINE } from "../../support/customer.ts";
import { deliver, roomyService, take } from "../../support/pipeline.ts";
import { LAST_HOUR, type ProblemView, type Service, type Space } from "../../support/service.ts";

let customer: Customer;
let service: Service;
let space: Space;
let aws: FakeAws;

beforeEach(async () => {
  customer = await Customer.open();
  ({ service, space, aws } = customer);
});

describe("an export that was refused", () => {
  it("waits, reports why, and continues once the role permits it", async () => {
    aws.trusted = new Set();
    const id = await customer.ask();
    await deliver(service, take(service, "plan"));
    const chunk = take(service, "chunk");
    const verdict = await deliver(service, chunk);
    expect(verdict).toEqual({ retryInSeconds: 2 });
    expect(await customer.poll(id)).toMatchObject({
      status: "processing",
      error: { code: "role_denied", owner: "customer", retryable: true },
      next_retry_at: new Date(service.now + 2000).toISOString(),
    });
    aws.trusted = new Set([space.external_id]);
    service.queue.push(chunk);
    await service.pump();
    expect((await customer.poll(id)).status).toBe("completed");
  });

  /** The test's clock is late, and so are its sessions: AWS's own clock is right. */
  const SERVICES = new Set(["clock", "assumes the role again"]);

  it.each<[string, () => Response, string, string]>([
    ["no bucket", () => s3Error(404, "NoSuchBucket"), "bucket_not_found", "does not exist"],
    [
      "another region",
      () => s3Error(301, "PermanentRedirect", { headers: { "x-amz-bucket-region": "us-west-2" } }),
      "wrong_region",
      "us-west-2",
    ],
    [
      "an address that leads elsewhere",
      () => s3Error(302, ""),
      "destination_unavailable",
      "redirects to another address",
    ],
    ["an access key", () => s3Error(403, "InvalidAccessKeyId"), "destination_unavailable", "assumes the role again"],
    [
      "an option",
      () => s3Error(400, "InvalidArgument"),
      "bucket_denied",
      "400 InvalidArgument: it rejected the request as invalid",
    ],
    [
      "the bucket's own key",
      () => s3Error(403, "AccessDenied", { message: "not authorized to perform: kms:GenerateDataKey" }),
      "kms_denied",
      "aws:kms and that key",
    ],
    [
      "a call that it has not",
      () => s3Error(501, "NotImplemented"),
      "bucket_denied",
      "501 NotImplemented: it rejected the request as invalid",
    ],
    ["a denied write", () => s3Error(403, "AccessDenied"), "bucket_denied", "s3:PutObject"],
    ["a key of KMS", () => s3Error(400, "KMS.DisabledException"), "kms_denied", "kms:GenerateDataKey"],
    ["a clock", () => s3Error(403, "RequestTimeTooSkewed"), "clock_skew", "clock"],
    ["a store that is away", () => s3Error(503, "SlowDown"), "destination_unavailable", "answered 503 SlowDown"],
  ])("because of %s says so, in words that help", async (_what, answer, code, words) => {
    aws.instead = ({ url }) => (url.host.startsWith("sts.") ? null : answer());
    const id = await customer.ask();
    await service.pump();
    const { status, error } = await customer.poll(id);
    expect([status, error?.code, error?.owner]).toEqual(["failed", code, SERVICES.has(words) ? "service" : "customer"]);
    expect(error).toMatchObject({ message: expect.stringContaining(words) });
  });

  it.each<[string, () => Promise<string[]>, string]>([
    ["a resolver that does not answer", () => Promise.reject(new Error("SERVFAIL")), "service"],
    ["a name that is not known", async () => [], "customer"],
  ])("because of %s says who must act", async (_what, resolve, owner) => {
    const created = await customer.destination({
      endpoint: "https://s3.acme.example",
      auth: { type: "keys", ...KEYS },
    });
    const id = await customer.ask({ delivery: created.delivery });
    const strict = roomyService({ ALLOW_INSECURE_TARGETS: "false", BUCKET_ENDPOINT: "https://bucket.example" });
    strict.context.resolve = resolve;
    strict.queue.push(...service.queue);
    await deliver(strict, take(strict, "plan"));
    await deliver(strict, take(strict, "chunk"));
    expect((await customer.poll(id)).error).toMatchObject({ code: "destination_unavailable", owner, retryable: true });
  });

  it("for good is not retried, and says so", async () => {
    aws.instead = ({ url }) => (url.host.startsWith("sts.") ? null : s3Error(400, "InvalidRequest"));
    const { error, next_retry_at: next } = await customer.export();
    expect([error, next]).toMatchObject([{ retryable: false }, null]);
  });

  it("by a key of KMS while parts go up says so", async () => {
    service.context.sizes = {
      chunkRows: 50_000,
      chunkBytes: 25_000_000,
      chunkScan: 2_000_000,
      partBytes: 100,
      fileBytes: 100_000_000,
    };
    const created = await customer.destination({ encryption: { sse: "aws:kms" } });
    aws.instead = ({ method, url }) =>
      method === "PUT" && url.searchParams.has("partNumber")
        ? s3Error(403, "AccessDenied", { message: "kms says no" })
        : null;
    const { error } = await customer.export({ delivery: created.delivery, file_rows: 50_000 });
    expect(error?.code).toBe("kms_denied");
  });

  it("for a wrong region by the signature names the right one", async () => {
    const id = await customer.ask({ delivery: { ...INLINE, region: "us-east-1" } });
    await service.pump();
    expect((await customer.poll(id)).error).toMatchObject({
      code: "wrong_region",
      message:
        "The store answered 400 AuthorizationHeaderMalformed: the bucket is in eu-central-1: correct the region, and ask for a new export.",
    });
  });
});

describe("a destination", () => {
  it("says how each object is written: data and manifest alike", async () => {
    const encryption = { sse: "aws:kms", kms_key_id: "arn:aws:kms:eu-central-1:123456789012:key/k-1" };
    const created = await customer.destination({ encryption, storage_class: "STANDARD_IA" });
    expect((await customer.export({ delivery: created.delivery })).status).toBe("completed");
    const sent = [...aws.objects.values()].map(({ headers }) => [
      headers.get("x-amz-server-side-encryption"),
      headers.get("x-amz-server-side-encryption-aws-kms-key-id"),
      headers.get("x-amz-storage-class"),
    ]);
    expect(sent).toEqual(sent.map(() => ["aws:kms", encryption.kms_key_id, "STANDARD_IA"]));
    expect(sent).toHaveLength(4);
    expect(aws.sts[0]?.params.get("Policy")).toContain(
      `"Action":["kms:GenerateDataKey","kms:Decrypt"],"Resource":"${encryption.kms_key_id}"`,
    );
  });

  it.each([100, 8 * 1_048_576])("may confirm the encryption late: parts of %i bytes", async (partBytes) => {
    service.context.sizes = {
      chunkRows: 50_000,
      chunkBytes: 25_000_000,
      chunkScan: 2_000_000,
      partBytes,
      fileBytes: 100_000_000,
    };
    aws.encrypts = "quietly";
    const created = await customer.destination({ encryption: { sse: "AES256" } });
    expect((await customer.export({ delivery: created.delivery, file_rows: 50_000 })).status).toBe("completed");
  });

  it("whose store drops the encryption fails the export, also when it is tried again", async () => {
    aws.encrypts = false;
    const created = await customer.destination({ encryption: { sse: "AES256" } });
    const failed = await customer.export({ delivery: created.delivery });
    expect(failed).toMatchObject({ status: "failed", error: { code: "kms_denied", owner: "customer" } });
    await service.json("POST", `/v1/exports/${failed.id}/retry`, 202, { key: space.key });
    await service.pump();
    expect((await customer.poll(failed.id)).status).toBe("failed");
  });

  it("with a key template has directories of the export's own facts", async () => {
    const created = await customer.destination({
      directory_path: "lake",
      key_template: "{dataset}/{event_name}/dt={date}/h={hour}",
    });
    const done = await customer.export({ delivery: created.delivery, event_names: ["order_placed"] });
    const prefix = "lake/activity_events/order_placed/dt=2026-03-01/h=11/";
    expect(customer.keys()).toEqual(
      [...done.files.map((file) => file.name), `${prefix}_${done.id}-manifest.json`].toSorted(),
    );
    expect(done.files.every((file) => file.name.startsWith(`${prefix}${done.id}-events-`))).toBe(true);
    expect(aws.sts[0]?.params.get("Policy")).toContain(`${prefix}*`);
  });

  it("with a key template has the requested day of conversions as its date, in the space's time zone", async () => {
    await service.json("PATCH", "/v1/space", 200, { key: space.key, body: { timezone: "Asia/Tokyo" } });
    const event = conversion("c-1", { occurred_at: "2026-02-27T20:00:00.000Z", person_id: "p-1" });
    await service.send(space, [event]);
    const created = await customer.destination({ key_template: "dt={date}/h={hour}/" });
    const request = { dataset: "conversion_events", date: "2026-02-28", start: undefined, end: undefined };
    const done = await customer.export({ delivery: created.delivery, ...request });
    expect(done.files.map((file) => file.name.replace(/[^/]*$/, ""))).toEqual(["dt=2026-02-28/h=00/"]);
  });

  it.each([[undefined], [["order_*"]], [["order_placed", "itemViewed"]]])(
    "with {event_name} wants exactly one name, not %j",
    async (names) => {
      const created = await customer.destination({ key_template: "{event_name}/" });
      const body = { ...LAST_HOUR, delivery: created.delivery, event_names: names };
      expect(await service.faults("POST", "/v1/exports", { key: space.key, body })).toEqual([
        "/delivery/destination_id",
      ]);
      expect(await service.faults("POST", "/v1/exports/estimate", { key: space.key, body })).toHaveLength(1);
    },
  );

  it("with access keys signs with them, and asks no STS", async () => {
    const created = await customer.destination({ auth: { type: "keys", ...KEYS } });
    expect((await customer.export({ delivery: created.delivery })).status).toBe("completed");
    expect([aws.sts, new Set(aws.seen.map((seen) => seen.accessKeyId))]).toEqual([[], new Set([KEYS.access_key_id])]);
  });

  describe("of a store that may not keep conditions", () => {
    /** This store reports that an object is missing, and ignores a condition. */
    async function at(provider: string) {
      const endpoint = "http://localhost:9000";
      aws.instead = ({ method, url }) =>
        method === "GET" && !aws.objects.has(url.pathname.slice("/acme-exports/".length))
          ? s3Error(404, "NoSuchKey")
          : null;
      return customer.destination({ provider, endpoint, auth: { type: "keys", ...KEYS } });
    }

    it.each([
      ["generic", "refuses"],
      ["generic", "ignores"],
      ["gcs", "refuses"],
      ["r2", "keeps"],
    ] as const)("%s looks first, where it %s them", async (provider, conditional) => {
      aws.conditional = conditional;
      const created = await at(provider);
      const done = await customer.export({ delivery: created.delivery });
      expect([done.status, customer.keys().length]).toEqual(["completed", 4]);
      expect(aws.seen.every(({ url }) => url.href.startsWith("http://localhost:9000/acme-exports/"))).toBe(true);
    });

    it("r2 completes an upload on the condition that no object exists, and reads none before", async () => {
      service.context.sizes = { ...service.context.sizes, partBytes: 180 };
      const created = await at("r2");
      const done = await customer.export({ delivery: created.delivery, layout: "single" });
      expect(done.status).toBe("completed");
      const completions = aws.seen.filter(({ method }) => method === "POST").slice(1);
      expect(completions.map(({ headers }) => headers.get("if-none-match"))).toEqual(["*"]);
      expect(aws.seen.filter(({ method }) => method === "GET")).toEqual([]);
    });

    it.each(["generic", "ceph", "gcs"])("%s overwrites no other object with one in parts", async (provider) => {
      aws.conditional = "ignores";
      // A segment fits one part of the service's own bucket; the file does not fit one part.
      service.context.sizes = {
        chunkRows: 50_000,
        chunkBytes: 25_000_000,
        chunkScan: 2_000_000,
        partBytes: 180,
        fileBytes: 100_000_000,
      };
      const created = await at(provider);
      const id = await customer.ask({ delivery: created.delivery, layout: "single" });
      await deliver(service, take(service, "plan"));
      const [file] = await listFiles(service.context.databases.control, { space_id: space.id, id });
      aws.plant(file?.name ?? "", "another's");
      await service.pump();
      expect((await customer.poll(id)).error?.code).toBe("destination_conflict");
      expect([aws.text(file?.name ?? ""), aws.uploads.size]).toEqual(["another's", 0]);
    });
  });

  it("that is changed does not redirect an export in progress, but fixes one that is refused", async () => {
    aws.trusted = new Set();
    const created = await customer.destination({ directory_path: "old" });
    const exportId = await customer.ask({ delivery: created.delivery });
    await deliver(service, take(service, "plan"));
    await deliver(service, take(service, "chunk"));
    await service.json("PATCH", `/v1/destinations/${created.id}`, 200, {
      key: space.key,
      body: { directory_path: "new", bucket: "elsewhere", auth: { type: "keys", ...KEYS } },
    });
    service.queue.length = 0;
    service.now += 3_600_000;
    await sweep(service.context);
    await service.pump();
    const done = await customer.poll(exportId);
    expect([done.status, done.files.every((file) => file.name.startsWith("old/"))]).toEqual(["completed", true]);
  });

  it("stays while an export to it is in progress, and is missed by a retry", async () => {
    aws.trusted = new Set();
    const created = await customer.destination();
    const exportId = await customer.ask({ delivery: created.delivery });
    await service.json("DELETE", `/v1/destinations/${created.id}`, 409, { key: space.key });
    await service.pump();
    expect((await customer.poll(exportId)).status).toBe("failed");
    await service.json("DELETE", `/v1/destinations/${created.id}`, 204, { key: space.key });
    const problem = await service.json<ProblemView>("POST", `/v1/exports/${exportId}/retry`, 409, { key: space.key });
    expect(problem.detail).toContain("destination was deleted");
  });
});

describe("a delivery that cannot be", () => {
  const refused = async (delivery: unknown) =>
    service.faults("POST", "/v1/exports", { key: space.key, body: { ...LAST_HOUR, delivery } });

  it.each<[Record<string, unknown>, string[]]>([
    [{ type: "ftp" }, ["/delivery/type"]],
    [{ type: "s3" }, ["/delivery/bucket", "/delivery/region", "/delivery/role_arn"]],
    [
      { ...INLINE, destination_id: "x" },
      ["bucket", "region", "role_arn", "directory_path"].map((name) => `/delivery/${name}`),
    ],
    [{ type: "s3", destination_id: crypto.randomUUID() }, ["/delivery/destination_id"]],
    [{ ...INLINE, bucket: "a" }, ["/delivery/bucket"]],
    [{ ...INLINE, region: "../x" }, ["/delivery/region"]],
    [{ ...INLINE, directory_path: "/a" }, ["/delivery/directory_path"]],
    [{ ...INLINE, directory_path: "a/../b" }, ["/delivery/directory_path"]],
    [{ ...INLINE, directory_path: "a/./b" }, ["/delivery/directory_path"]],
    [{ ...INLINE, directory_path: "a b\n" }, ["/delivery/directory_path"]],
    [{ ...INLINE, directory_path: "a".repeat(513) }, ["/delivery/directory_path"]],
    [{ ...INLINE, region: "moon" }, ["/delivery/region"]],
    [{ ...INLINE, bucket: "Acme_Exports" }, ["/delivery/bucket"]],
    [{ ...INLINE, role_arn: "arn:aws:iam::210987654321:role/own" }, ["/delivery/role_arn"]],
    [{ ...INLINE, role_arn: "arn:aws-cn:iam::123456789012:role/x" }, ["/delivery/role_arn"]],
    [{ ...INLINE, role_arn: "arn:aws:iam:::role/x" }, ["/delivery/role_arn"]],
    [{ ...INLINE, role_arn: "arn:aws:iam::123456789012:user/x" }, ["/delivery/role_arn"]],
    [{ ...INLINE, secret: "x" }, ["/delivery/secret"]],
  ])("is refused: %j", async (delivery, pointers) => {
    expect(await refused(delivery)).toEqual(pointers);
  });

  it("by role is refused where the service has no identity in AWS", async () => {
    service = roomyService();
    expect(await refused(INLINE)).toEqual(["/delivery/role_arn"]);
  });
});
