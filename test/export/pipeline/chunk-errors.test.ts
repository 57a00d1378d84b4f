/** The error of one chunk stays visible in the export until its next try, while other chunks are written. */

import { expect, it } from "vitest";
import { throughLine } from "../../support/bucket.ts";
import { deliver, roomyService, take } from "../../support/pipeline.ts";
import { sweep } from "../../support/sweep.ts";
import { orders } from "../../support/service.ts";

it("a chunk that waits for its next attempt is reported while others are written, and is not dispatched before", async () => {
  const service = roomyService();
  const space = await service.shop();
  await service.send(space, orders(4));
  const id = await service.ask(space, { layout: "files", file_rows: 2 });
  await deliver(service, take(service, "plan"));
  throughLine(service, async () => new Response(null, { status: 500 }));
  expect(await deliver(service, take(service, "chunk"), 6)).toEqual({ retryInSeconds: 64 });
  throughLine(service);
  await deliver(service, take(service, "chunk"));

  const waiting = await service.poll(space, id);
  expect(waiting).toMatchObject({ status: "processing", error: { code: "destination_unavailable" } });
  expect(waiting.next_retry_at).toBe(new Date(service.now + 64_000).toISOString());

  service.now += 60_000;
  await sweep(service.context);
  expect(service.queue.filter((message) => message.export_id === id)).toEqual([]);

  // Its retry is due after 4 s more, and counts as lost a while after that.
  service.now += 4_000 + service.config.resendAfterMs;
  await sweep(service.context);
  await service.pump();
  expect(await service.poll(space, id)).toMatchObject({ status: "completed", error: null, next_retry_at: null });
});
