/** A store of events makes no difference to a byte of an export: rows, then segments and hot events without any row. */

import { beforeAll, describe, expect, it } from "vitest";
import { SPACE_NO } from "../../../src/db/core/sequences.ts";
import { DAY_MS } from "../../../src/time/durations.ts";
import { roomyService } from "../../support/pipeline.ts";
import { SealedEventStore, type StoredEvent } from "../../support/sealed-events.ts";
import { type ExportView, orders, type Space, START } from "../../support/service.ts";

describe("an export of events that are no rows any more", () => {
  const service = roomyService();
  const EVENTS_SENT = 240;
  const SENT_FIRST = 150;
  let space: Space;
  let store: SealedEventStore;
  let first: ExportView;
  const window = {
    start: new Date(START - 4 * DAY_MS).toISOString(),
    end: new Date(START).toISOString(),
  };
  /** Takes back what an export has by default. */
  const NO_WINDOW = { start: undefined, end: undefined };
  const everything: [string, Record<string, unknown>][] = [
    ["activity_events in one file", { ...window }],
    ["activity_events in files of 100 rows", { ...window, layout: "files", file_rows: 100 }],
    ["activity_events as CSV", { ...window, format: "csv", layout: "files", file_rows: 150 }],
    ["profile_events", { dataset: "profile_events", from: window.start, to: window.end, ...NO_WINDOW }],
    [
      "segment_profiles with their events",
      {
        ...NO_WINDOW,
        dataset: "segment_profiles",
        attributes: ["tier"],
        events: ["order_placed"],
        start_at: window.start,
        end_at: window.end,
      },
    ],
  ];
  const before = new Map<string, unknown>();

  const exported = async (request: Record<string, unknown>) => {
    const view = await service.export(space, request);
    expect([view.status, view.message]).toEqual(["completed", null]);
    return view;
  };
  const bytesOfFiles = (view: ExportView) =>
    view.files.map(({ rows, bytes, uncompressed_bytes, sha256 }) => ({ rows, bytes, uncompressed_bytes, sha256 }));

  beforeAll(async () => {
    space = await service.shop();
    await service.json("PUT", "/v1/profiles", 200, {
      key: space.key,
      body: { profiles: [{ person_id: "p-1", attributes: { tier: "gold" } }, { person_id: "p-2" }] },
    });
    const sent = orders(EVENTS_SENT).map((event, n) => ({
      ...event,
      person_id: n % 3 === 0 ? "p-2" : "p-1",
      occurred_at: new Date(START - 3 * DAY_MS + ((n * 7919) % 260_000) * 1_000).toISOString(),
    }));
    await service.send(space, sent.slice(0, SENT_FIRST));
    first = await exported({ ...window });
    await service.send(space, sent.slice(SENT_FIRST));
    for (const [name, request] of everything) before.set(name, bytesOfFiles(await exported(request)));
    before.set("since", bytesOfFiles(await exported({ ...window, since: first.id })));
    const { databases } = service.context;
    const rows = await databases.space(space.id).all<StoredEvent>(
      `SELECT occurred_at AS occurredAt, id, seq, definition_id AS definitionId, definition_version AS definitionVersion,
         person_id AS personId, session_id AS sessionId, company_id AS companyId, received_at AS receivedAt, properties
       FROM events WHERE space_no = ${SPACE_NO} ORDER BY seq, id`,
      [space.id],
    );
    store = new SealedEventStore(databases.events(space.id), async () => []);
    store.add(rows.filter((_, n) => n % 5 < 2));
    store.seal();
    store.add(rows.filter((_, n) => n % 5 === 2));
    store.seal();
    store.add(rows.filter((_, n) => n % 5 > 2));
    expect(rows).toHaveLength(EVENTS_SENT);
    expect(store.segments).toBeGreaterThan(4);
    await databases.space(space.id).run(`DELETE FROM events WHERE space_no = ${SPACE_NO}`, [space.id]);
    service.context.databases = { ...databases, events: () => store };
  });

  it.each(everything)("of %s has the same bytes", async (name, request) => {
    expect(bytesOfFiles(await exported(request))).toEqual(before.get(name));
  });

  it("has the same increment since an export that read rows", async () => {
    const found = bytesOfFiles(await exported({ ...window, since: first.id }));
    expect(found).toEqual(before.get("since"));
    expect(found[0]?.rows).toBe(EVENTS_SENT - SENT_FIRST);
  });
});
