/** A client that was written from Batch's documentation alone: from the request to the lines of the files. */

import { beforeAll, expect, it } from "vitest";
import { roomyService } from "../../../support/pipeline.ts";
import { ORIGIN, orders, type Service, type Space } from "../../../support/service.ts";
import { BatchClient } from "./client.ts";

let service: Service;
let space: Space;
let client: BatchClient;

const PROFILES = [
  {
    person_id: "p-1",
    identifiers: { custom_id: "User1" },
    attributes: { $email_address: "ada@example.com", $email_marketing: "subscribed", first_name: "Ada" },
    installations: [
      { installation_id: "828A7D76-3D5E-49DC-A863-2465070184C9", platform: "iOS", push_token: "t", is_optin: true },
    ],
  },
  { person_id: "p-2", identifiers: { custom_id: "User2" }, attributes: { first_name: "Bob" } },
];

beforeAll(async () => {
  service = roomyService({ DIALECTS: "batch" });
  space = await service.shop();
  const { key } = space;
  await service.json("PUT", "/v1/profiles", 200, { key, body: { profiles: PROFILES } });
  await service.send(space, orders(2));
  const { project_key: project } = await service.json<{ project_key: string }>("GET", "/v1/space", 200, { key });
  const send = (url: string, { method = "GET", headers, body }: RequestInit) =>
    service.call(method, url.slice(ORIGIN.length), {
      headers: headers as Record<string, string>,
      ...(body === undefined || body === null ? {} : { raw: body }),
    });
  client = new BatchClient(`${ORIGIN}/2.4`, { rest: key, project }, send);
});

const exported = async (request: Parameters<BatchClient["createExport"]>[0]) => {
  const id = await client.createExport(request);
  const viewed = await client.succeeded(id, () => service.pump());
  return client.lines(viewed, (location) => service.call("GET", location.slice(ORIGIN.length)));
};

it("exports attributes and identifiers: creates, polls to the end, downloads, and reads the lines", async () => {
  const lines = await exported({
    export_type: "ATTRIBUTES",
    attributes: ["$email_address", "$email_marketing", "first_name"],
    identifiers: ["custom_id", "installation_ids"],
  });
  expect(lines).toEqual([
    {
      attributes: { $email_address: "ada@example.com", $email_marketing: "subscribed", first_name: "Ada" },
      identifiers: { custom_id: "User1", installation_ids: ["828A7D76-3D5E-49DC-A863-2465070184C9"] },
    },
    {
      attributes: { $email_address: null, $email_marketing: null, first_name: "Bob" },
      identifiers: { custom_id: "User2", installation_ids: [] },
    },
  ]);
});

it("exports events with the identifiers of their profiles", async () => {
  const window = { from: "2026-03-01T00:00:00Z", to: "2026-03-01T12:00:00Z" };
  const lines = await exported({
    export_type: "EVENTS",
    ...window,
    events: ["order_placed"],
    identifiers: ["custom_id"],
  });
  expect(lines).toEqual(
    [0, 1].map((n) => ({
      event: {
        id: `e-000000${n}`,
        name: "order_placed",
        timestamp: `2026-03-01T11:10:00.00${n}Z`,
        attributes: { order_id: `A-${n}`, amount: n / 4 },
      },
      identifiers: { profile_id: "p-1", custom_id: "User1" },
    })),
  );
});

it("exports reachability events", async () => {
  service.now += 60_000;
  expect(await exported({ export_type: "REACHABILITY", from: "2026-02-28T00:00:00Z", channels: ["EMAIL"] })).toEqual([
    {
      event: {
        channel: "EMAIL",
        id: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
        timestamp: "2026-03-01T12:00:00.000Z",
        reasons: ["SUBSCRIBED_TO_EMAIL_MARKETING", "EMAIL_ADDRESS_ADDED"],
        has_email_address: true,
        email_marketing: "subscribed",
      },
      identifiers: { profile_id: "p-1", custom_id: "User1" },
    },
  ]);
});

it("lists its exports page by page, newest first", async () => {
  const ids: string[] = [];
  for (let n = 0; n < 3; n += 1) {
    service.now += 1_000;
    ids.unshift(await client.createExport({ export_type: "ATTRIBUTES", identifiers: ["custom_id"] }));
  }
  const listed = await client.list(2);
  expect(listed.slice(0, 3).map(({ id }) => id)).toEqual(ids);
  expect(new Set(listed.map(({ id }) => id)).size).toBe(listed.length);
});
