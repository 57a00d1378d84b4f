/** Delivery into a customer's own bucket, from the call to the last object, against an S3 and STS that check every signature. */

import { beforeEach, describe, expect, it } from "vitest";
import { AWS_VARS, FakeAws, ROLE } from "../support/aws.ts";
import { gunzip, lines } from "../support/gunzip.ts";
import { roomyService } from "../support/pipeline.ts";
import { orders, type Service, type Space } from "../support/service.ts";

const INLINE = {
  type: "s3",
  bucket: "acme-exports",
  region: "EU_CENTRAL_1",
  directory_path: "spillway/dt=now",
  role_arn: ROLE,
};
const PREFIX = "spillway/dt=now/";

let service: Service;
let space: Space;
let aws: FakeAws;

beforeEach(async () => {
  service = roomyService(AWS_VARS);
  aws = new FakeAws();
  aws.now = () => service.now;
  service.customers = aws.fetch;
  space = await service.shop();
  aws.trusted = new Set([space.external_id]);
  await service.send(space, orders(5));
});

const ask = (more: Record<string, unknown> = {}) => service.export(space, { file_rows: 2, delivery: INLINE, ...more });
const keys = () => [...aws.objects.keys()].toSorted();

describe("an export to a bucket by role", () => {
  it("puts its files and the manifest there, under the names that it tells", async () => {
    const done = await ask();
    expect([done.status, done.expires_at, done.download_url, done.url_expires_at]).toEqual([
      "completed",
      null,
      null,
      null,
    ]);
    expect(done.files).toHaveLength(3);
    const names = done.files.map((file) => file.name);
    expect(names[0]).toMatch(new RegExp(`^${PREFIX}${done.id}-events-\\d{17}-\\d{17}\\.json\\.gz$`));
    expect(keys()).toEqual([...names, `${PREFIX}${done.id}-manifest.json`].toSorted());
    const rows = names.flatMap((name) => lines(gunzip(aws.objects.get(name)?.body ?? new Uint8Array())));
    expect(rows.map((row) => row["eventId"])).toEqual(orders(5).map((event) => event["id"]));
    expect(done.files.every((file) => file.url === undefined)).toBe(true);
  });
});
