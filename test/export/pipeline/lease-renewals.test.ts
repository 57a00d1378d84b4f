/** The control database serves all spaces one query at a time: a consumer may not keep it busy with renewals. */

import { expect, it } from "vitest";
import { withLease } from "../../../src/export/pipeline/lease.ts";
import { deliver, roomyService, take } from "../../support/pipeline.ts";
import { orders } from "../../support/service.ts";

const SECOND_MS = 1_000;

it("a consumer that asks for every page whether to go on renews its lease once in the interval, and keeps it", async () => {
  const service = roomyService();
  const space = await service.shop();
  await service.send(space, orders(1));
  await service.ask(space);
  await deliver(service, take(service, "plan"));

  const renewedAt: number[] = [];
  const done = await withLease(service.context, take(service, "chunk"), "export_chunks", async (_, lease) => {
    lease.track(() => 0);
    for (let ms = 0; ms < 60 * SECOND_MS; ms += 100) {
      service.now += 100;
      const before = lease.until;
      expect(await lease.shouldContinue(5 * SECOND_MS)).toBe(true);
      if (lease.until !== before) renewedAt.push(ms + 100);
    }
    return lease.until - service.now;
  });
  expect(renewedAt).toEqual(Array.from({ length: 12 }, (_, times) => (times + 1) * 5 * SECOND_MS));
  expect(done).toBe(service.config.leaseMs);
});
