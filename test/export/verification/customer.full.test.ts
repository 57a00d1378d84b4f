/** Verifications of files in a customer's bucket: by role and by keys, with and without the permissions they need. */

import { beforeEach, describe, expect, it } from "vitest";
import { KEYS, s3Error } from "../../support/aws.ts";
import { Customer, PREFIX } from "../../support/customer.ts";
import { deliveriesOf, endpoint } from "../../support/receiver.ts";
import type { ExportView } from "../../support/service.ts";
import { flipped, verifyExport, type VerificationView } from "../../support/verification.ts";

let customer: Customer;
let view: ExportView;

beforeEach(async () => {
  customer = await Customer.open();
  view = await customer.export({ callback_url: "https://hooks.test/x" });
  expect(view.status).toBe("completed");
});

const verify = async (): Promise<VerificationView> =>
  (await verifyExport(customer.service, customer.space, view.id)).body;

/** The statuses of the files in their order, and of the manifest. */
const statuses = ({ files }: VerificationView) => {
  const byName = new Map(files.map(({ name, status }) => [name, status]));
  return [...view.files.map(({ name }) => name), `${PREFIX}_${view.id}-manifest.json`].map((name) => byName.get(name));
};

/** Replaces the bytes of the nth file. */
function replace(n: number, change: (body: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>): void {
  const name = view.files[n]?.name ?? "";
  const held = customer.aws.objects.get(name);
  if (held === undefined) throw new Error(`${name} is not there`);
  customer.aws.objects.set(name, { ...held, body: change(held.body) });
}

describe("by a role", () => {
  it("reads every file and the manifest, with a session that may write nothing", async () => {
    const before = customer.aws.seen.length;
    const found = await verify();
    expect([found.ok, statuses(found)]).toEqual([true, ["ok", "ok", "ok", "ok"]]);
    expect(new Set(customer.aws.seen.slice(before).map(({ method }) => method))).toEqual(new Set(["GET"]));
    expect(JSON.parse(customer.aws.sts.at(-1)?.params.get("Policy") ?? "")).toEqual({
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Action: "s3:GetObject", Resource: `arn:aws:s3:::acme-exports/${PREFIX}*` },
        { Effect: "Allow", Action: "s3:ListBucket", Resource: "arn:aws:s3:::acme-exports" },
      ],
    });
  });

  it("tells a missing file where the role may list the bucket, and a changed one", async () => {
    customer.aws.mayList = true;
    customer.aws.objects.delete(view.files[0]?.name ?? "");
    replace(1, flipped);
    replace(2, (body) => body.slice());
    expect(statuses(await verify())).toEqual(["missing", "changed", "ok", "ok"]);
  });

  it("without that permission a missing file is unreadable, with what to allow", async () => {
    customer.aws.objects.delete(view.files[0]?.name ?? "");
    const found = await verify();
    expect(statuses(found)).toEqual(["unreadable", "ok", "ok", "ok"]);
    expect(found.files[0]?.detail).toMatch(
      /^The store answered 403 AccessDenied\. Allow s3:GetObject .* s3:ListBucket/,
    );
  });

  it("a role that may write and not read makes every file unreadable, at once", async () => {
    customer.aws.instead = ({ method }) => (method === "GET" ? s3Error(403, "AccessDenied") : null);
    const found = await verify();
    expect(found).toMatchObject({ status: "finished", ok: false, missing: 0, changed: 0, unreadable: 4 });
  });

  it("a role that does not trust the service any more is asked once", async () => {
    customer.aws.trusted = new Set();
    customer.service.now += 3_600_000;
    const before = customer.aws.sts.length;
    const found = await verify();
    expect(found).toMatchObject({ status: "finished", unreadable: 4, missing: 0 });
    expect(found.files[0]?.detail).toMatch(/role/);
    expect(customer.aws.sts.length - before).toBe(1);
  });

  it.each([
    ["a bucket that was deleted", () => s3Error(404, "NoSuchBucket"), /bucket does not exist/],
    ["an archived object", () => s3Error(403, "InvalidObjectState"), /archived: restore it/],
  ])("%s is unreadable, and not missing", async (_what, refusal, detail) => {
    customer.aws.instead = ({ method }) => (method === "GET" ? refusal() : null);
    const found = await verify();
    expect(found).toMatchObject({ status: "finished", missing: 0, changed: 0, unreadable: 4 });
    expect(found.files[0]?.detail).toMatch(detail);
  });

  it("an object that was given a Content-Encoding is unreadable: its stored bytes are not to be had", async () => {
    const name = view.files[0]?.name ?? "";
    customer.aws.instead = ({ method, url }) =>
      method === "GET" && url.pathname.endsWith(name.split("/").at(-1) ?? "")
        ? new Response("", { headers: { "content-encoding": "br", "content-length": "0" } })
        : null;
    const found = await verify();
    expect(statuses(found)).toEqual(["unreadable", "ok", "ok", "ok"]);
    expect(found.files[0]?.detail).toContain("Content-Encoding br");
  });
});

describe("by access keys", () => {
  beforeEach(async () => {
    const { id, delivery } = await customer.destination({ auth: { type: "keys", ...KEYS }, directory_path: "keys/" });
    view = await customer.export({ delivery });
    destination = id;
  });
  let destination: string;

  it("reads the files", async () => {
    expect((await verify()).ok).toBe(true);
  });

  it("a destination that was deleted makes every file unreadable", async () => {
    await customer.service.json("DELETE", `/v1/destinations/${destination}`, 204, { key: customer.space.key });
    const found = await verify();
    expect(found).toMatchObject({ status: "finished", unreadable: 4 });
    expect(found.files[0]?.detail).toContain("destination was deleted");
  });
});

describe("the event export.damaged", () => {
  const damages = async () =>
    (await deliveriesOf(customer.service, customer.space, `export_id=${view.id}`)).filter(
      ({ type }) => type === "export.damaged",
    );

  it("goes to the callback_url and to endpoints with its type, once for each verification", async () => {
    const listening = await endpoint(customer.service, customer.space, { event_types: ["export.damaged"] });
    await endpoint(customer.service, customer.space, { event_types: ["export.completed"] });
    replace(1, flipped);
    await verify();
    customer.service.now += 60_000;
    await verify();
    const told = await damages();
    expect(told.map(({ endpoint_id }) => endpoint_id ?? "callback").toSorted((a, b) => a.localeCompare(b))).toEqual(
      ["callback", "callback", listening.id, listening.id].toSorted((a, b) => a.localeCompare(b)),
    );
    expect(new Set(told.map(({ webhook_id }) => webhook_id))).toEqual(
      new Set([`evt_${view.id}_damaged_1`, `evt_${view.id}_damaged_2`]),
    );
  });

  it("is not sent for files that are unreadable alone", async () => {
    customer.aws.objects.delete(view.files[0]?.name ?? "");
    expect(await verify()).toMatchObject({ ok: false, unreadable: 1 });
    expect(await damages()).toEqual([]);
  });
});
