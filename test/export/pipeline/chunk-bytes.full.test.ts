/**
 * Events of 50 KB: a chunk ends at 25 MB of them, however many records it might have, and no step comes near to the
 * queries that an invocation has. 50,000 such events would be 25 times as many chunks of the same cost.
 */

import { expect, it } from "vitest";
import { MAX_EXPECTED_STATEMENTS } from "../../../src/budget.ts";
import { SIZES } from "../../../src/context.ts";
import { generateEvents } from "../../support/generated.ts";
import { listChunks } from "../../support/ledger.ts";
import { deliver, roomyService, take } from "../../support/pipeline.ts";
import { LAST_HOUR, START } from "../../support/service.ts";

const EVENTS = 2_000;
const EVENT_BYTES = 50_000;

it("2,000 events of 50 KB are written by chunks of 25 MB, each within its budget", { timeout: 300_000 }, async () => {
  const service = roomyService();
  const space = await service.shop();
  const definition = { id: "seen", name: "Seen", properties: [{ name: "note", type: "text" }] };
  await service.json("POST", "/v1/event-definitions", 201, { key: space.key, body: definition });
  await generateEvents(space.id, {
    definitionId: "seen",
    people: 1,
    count: EVENTS,
    bytes: EVENT_BYTES,
    from: START - 3_000_000,
  });
  const id = await service.ask(space, { ...LAST_HOUR, layout: "single" });
  const most = { plan: 0, chunk: 0, assemble: 0, finish: 0, verify: 0 };
  while (service.queue.length > 0) {
    const message = take(service);
    await deliver(service, message);
    most[message.step] = Math.max(most[message.step], service.budget.used.statements);
  }
  expect(await service.poll(space, id)).toMatchObject({ status: "completed", progress: { rows_written: EVENTS } });
  const chunks = await listChunks(service.context.databases.control, { space_id: space.id, id });
  expect(chunks.length).toBeGreaterThanOrEqual((EVENTS * EVENT_BYTES) / SIZES.chunkBytes);
  for (const { records } of chunks) expect((records - 1) * EVENT_BYTES).toBeLessThan(SIZES.chunkBytes);
  expect(most.chunk).toBeLessThan(MAX_EXPECTED_STATEMENTS / 2);
  expect(Math.max(...Object.values(most))).toBeLessThan(MAX_EXPECTED_STATEMENTS);
});
