/**
 * Each stream of docs/connect/airbyte.yaml, run as its manifest says: the export is created, polled and downloaded, and
 * its rows are those of the stream's schema.
 */

import { beforeAll, expect, it } from "vitest";
import * as z from "zod";
import { airbyteManifest, type AirbyteStream, evaluated, type Requester } from "../support/airbyte.ts";
import { lines, unpack } from "../support/gunzip.ts";
import { roomyService, type Row } from "../support/pipeline.ts";
import { ORIGIN, orders, type Space, START } from "../support/service.ts";

const { streams } = airbyteManifest();
const named = streams.map((stream) => [stream.name, stream] as const);

const service = roomyService({ PENDING_LIMIT: "100" });
let space: Space;

beforeAll(async () => {
  space = await service.shop();
  const purchase = { definition_id: "purchase", person_id: "p-1", properties: { amount: 5, order_id: "A-1" } };
  await service.send(space, [
    ...orders(3),
    { ...purchase, id: "b-1", occurred_at: at(START - 1) },
    // The first instant after the window.
    { ...purchase, id: "b-2", occurred_at: at(START) },
  ]);
  const attributes = { $phone_number: "+46701234567", $email_address: "ann@shop.example", tier: "gold" };
  const body = { profiles: [{ person_id: "p-1", attributes }, { person_id: "p-2" }] };
  await service.json("PUT", "/v1/attributes/tier", 200, { key: space.key, body: { name: "Tier", type: "text" } });
  service.now = START - 1;
  await service.json("PUT", "/v1/profiles", 200, { key: space.key, body });
  service.now = START + 60_000;
});

const at = (time: number) => new Date(time).toISOString();
const micros = (time: number) => at(time).replace("Z", "000Z");
const NEXT =
  "format_datetime(str_to_datetime(stream_interval['end_time']) + duration('PT0.001S'), '%Y-%m-%dT%H:%M:%S.%fZ')";

/** The expressions of the requests, of a slice that ends a granule before START. */
const VALUES: Record<string, unknown> = {
  "config['origin']": ORIGIN,
  "stream_interval['start_time']": micros(START - 3_600_000),
  [NEXT]: micros(START),
  "config.get('event_names') or none": null,
  "config.get('attributes') or none": ["tier"],
  "config.get('identifiers') or ['external_person_id']": ["external_person_id"],
};

/** Calls as the requester says, with the manifest's headers and the key. */
async function called(requester: Requester, values: Record<string, unknown>, status: number): Promise<Response> {
  const path = String(evaluated(requester.url, values)).slice(ORIGIN.length);
  const body = requester.request_body === undefined ? {} : { body: evaluated(requester.request_body.value, values) };
  const headers = requester.request_headers ?? {};
  const response = await service.call(requester.http_method, path, { key: space.key, headers, ...body });
  expect(response.status, path).toBe(status);
  return response;
}

const memberAt = (value: Row, path: readonly string[]) =>
  path.reduce<unknown>((inner, name) => (inner as Row)[name], value);

/** The rows of a stream's export, with the fields that the stream adds. */
async function rowsOf({ retriever, transformations = [] }: AirbyteStream, values = VALUES): Promise<Row[]> {
  const created = await (await called(retriever.creation_requester, values, 202)).json<Row>();
  const own = { ...values, "creation_response['id']": created["id"] };
  await service.pump();
  const polled = await (await called(retriever.polling_requester, own, 200)).json<Row>();
  expect(retriever.status_mapping["completed"]).toContain(memberAt(polled, retriever.status_extractor.field_path));
  const target = { ...own, download_target: memberAt(polled, retriever.download_target_extractor.field_path) };
  const content = await called(retriever.download_requester, target, 200);
  expect(content.headers.get("content-encoding")).toBe("gzip");
  const rows = lines(unpack("rows.json.gz", new Uint8Array(await content.arrayBuffer())));
  for (const row of rows)
    for (const { path, value } of transformations.flatMap(({ fields }) => fields)) {
      const [, names = ""] = /^\{\{ record((?:\['\w+'\])+) \}\}$/.exec(value) ?? [];
      const source = [...names.matchAll(/'(\w+)'/g)].map(([, name = ""]) => name);
      row[path.join(".")] = memberAt(row, source);
    }
  return rows;
}

it.each(named)("%s is created, polled and downloaded, and has the rows of its schema", async (_name, stream) => {
  const rows = await rowsOf(stream);
  expect(rows.length).toBeGreaterThan(0);
  const { properties } = stream.schema_loader.schema;
  const schema = z.fromJSONSchema({ ...stream.schema_loader.schema, required: Object.keys(properties) });
  for (const row of rows) {
    expect(z.safeParse(schema, row).error?.issues ?? [], JSON.stringify(row)).toEqual([]);
    expect(Object.keys(row).filter((name) => !Object.hasOwn(properties, name))).toEqual([]);
  }
  const keys = rows.map((row) => JSON.stringify(stream.primary_key.map((name) => row[name])));
  expect(new Set(keys).size).toBe(rows.length);
  expect(keys).not.toContain("[null]");
});

it("a window has the last instant of its slice, and not the next one", async () => {
  const [stream] = streams;
  if (stream === undefined) throw new Error("the manifest has no stream");
  const ids = (await rowsOf(stream)).map((row) => row["eventId"]);
  expect(ids).toEqual(expect.arrayContaining(["b-1"]));
  expect(ids).not.toContain("b-2");
});

it.each(named)("%s takes the optional settings", async (_name, stream) => {
  const values = {
    ...VALUES,
    "config.get('event_names') or none": ["purchase"],
    "config.get('attributes') or none": null,
    "config.get('identifiers') or ['external_person_id']": ["custom_id"],
  };
  expect((await rowsOf(stream, values)).length).toBeGreaterThan(0);
});

it("an export that timed out is canceled, and one that has ended is left alone", async () => {
  const [stream] = streams;
  if (stream === undefined) throw new Error("the manifest has no stream");
  const { creation_requester: create, abort_requester: cancel } = stream.retriever;
  const { id } = await (await called(create, VALUES, 202)).json<Row>();
  const values = { ...VALUES, "creation_response['id']": id };
  await called(cancel, values, 202);
  const ignored = JSON.stringify(cancel.error_handler);
  const again = await service.call("POST", `/v1/exports/${String(id)}/cancel`, { key: space.key });
  expect(ignored).toContain(`"http_codes":[404,${again.status}],"action":"IGNORE"`);
  await service.pump();
});
