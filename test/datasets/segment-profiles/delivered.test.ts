/** The document in a customer's bucket: one file, with any layout of the destination. */

import { expect, it } from "vitest";
import { Customer, INLINE } from "../../support/customer.ts";
import { gunzip } from "../../support/gunzip.ts";
import { onlyFile } from "../../support/pipeline.ts";

it("a document is delivered to a bucket as one file of several chunks, and never as files", async () => {
  const { service, space, aws } = await Customer.open();
  service.context.sizes = { ...service.context.sizes, chunkRows: 2 };
  const ids = ["p-1", "p-2", "p-3", "p-4", "p-5"];
  await service.json("PUT", "/v1/profiles", 200, {
    key: space.key,
    body: { profiles: ids.map((person_id) => ({ person_id, tags: ["vip"] })) },
  });
  const request = { dataset: "segment_profiles", tags: ["vip"], delivery: INLINE };
  const body = { ...request, layout: "files" };
  expect(await service.faults("POST", "/v1/exports", { key: space.key, body })).toEqual(["/layout"]);
  const created = await service.json<{ id: string }>("POST", "/v1/exports", 202, { key: space.key, body: request });
  await service.pump();
  const done = await service.poll(space, created.id);
  expect([done.status, done.request["layout"]]).toEqual(["completed", "single"]);
  const stored = aws.objects.get(onlyFile(done).name);
  const { profiles } = JSON.parse(gunzip(stored?.body ?? new Uint8Array())) as { profiles: object };
  expect(Object.keys(profiles)).toEqual(ids);
  expect(done.expires_at).toBeNull();
});
