/**
 * All spaces share the queue of chunks: an export has a bounded number of messages in it, however many chunks its plan
 * cut.
 */

import { expect, it } from "vitest";
import { CHUNK_WINDOW } from "../../../src/export/pipeline/dispatch.ts";
import { deliver, roomyService, take } from "../../support/pipeline.ts";
import { orders } from "../../support/service.ts";

/** A chunk fills at most twenty files. */
const ORDERS = (CHUNK_WINDOW + 4) * 20;

it("at most eight chunks of an export have a message: the commit of one sends the next, each once and in order", async () => {
  const service = roomyService();
  const space = await service.shop();
  await service.send(space, orders(ORDERS));
  const id = await service.ask(space, { layout: "files", file_rows: 1 });
  const waiting = () => service.queue.filter(({ step }) => step === "chunk").map(({ n }) => n);

  // A plan may go on in further invocations.
  while (service.queue[0]?.step === "plan") await deliver(service, take(service, "plan"));
  let written = 0;
  const windows = [waiting()];
  while (waiting().length > 0) {
    const message = take(service, "chunk");
    expect(message.n).toBe(written);
    await deliver(service, message);
    written += 1;
    windows.push(waiting());
  }
  const all = Array.from({ length: written }, (_, n) => n);
  expect(written).toBeGreaterThan(CHUNK_WINDOW);
  expect(windows).toEqual([0, ...all.map((n) => n + 1)].map((from) => all.slice(from, from + CHUNK_WINDOW)));
  await service.pump();
  expect(await service.poll(space, id)).toMatchObject({ status: "completed", progress: { rows_written: ORDERS } });
});
