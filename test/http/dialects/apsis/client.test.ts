/** A client that was written from APSIS One's documentation alone: from the token to the profiles of the file. */

import { beforeAll, expect, it } from "vitest";
import { gunzip } from "../../../support/gunzip.ts";
import { roomyService } from "../../../support/pipeline.ts";
import { ORIGIN, orders, type Service, type Space, START } from "../../../support/service.ts";
import { ApsisClient } from "./client.ts";

let service: Service;
let space: Space;
let client: ApsisClient;

beforeAll(async () => {
  service = roomyService({ DIALECTS: "apsis" });
  space = await service.shop();
  const { key } = space;
  const define = (path: string, body: object) => service.json("PUT", path, 200, { key, body });
  await define("/v1/attributes/first_name", { section_id: "people", name: "First name", type: "text" });
  await define("/v1/tags/vip", { section_id: "people", name: "VIP" });
  await define("/v1/segments/women-rjz6b8td2n", {
    name: "Women",
    rule: { attribute: "first_name", op: "eq", value: "Ada" },
  });
  const profiles = [
    { person_id: "p-1", attributes: { first_name: "Ada", $email_address: "ada@example.com" }, tags: ["vip"] },
    { person_id: "p-2", attributes: { first_name: "Bob" } },
  ];
  await service.json("PUT", "/v1/profiles", 200, { key, body: { profiles } });
  await service.send(space, orders(2));
  const send = (url: string, { method = "GET", headers, body }: RequestInit) =>
    service.call(method, url.slice(ORIGIN.length), {
      headers: headers as Record<string, string>,
      ...(body === undefined || body === null ? {} : { raw: body }),
    });
  const id = key.split("_")[1] ?? "";
  client = new ApsisClient(ORIGIN, { id, secret: key }, send);
});

const EVERYONE = { sections: [{ section_discriminator: "people", attributes: ["first_name"], tags: ["vip"] }] };

it("looks up ids, requests an export, polls it to the end, and reads the file", async () => {
  const sections = await client.sections();
  expect(sections.map(({ discriminator }) => discriminator)).toEqual(["default", "people"]);
  const [attributes, tags] = [
    await client.definitions("people", "attributes"),
    await client.definitions("people", "tags"),
  ];
  const [natives, events] = [
    await client.definitions("default", "attributes"),
    await client.definitions("default", "events"),
  ];
  const order = ApsisClient.liveVersion(events, "order_placed");
  const url = await client.requestExport({
    segment_filter: { segment_discriminators: { women: "women-rjz6b8td2n" }, filter: "women" },
    sections: [
      {
        section_discriminator: "people",
        attributes: [ApsisClient.liveVersion(attributes, "first_name")],
        tags: [ApsisClient.liveVersion(tags, "vip")],
      },
      {
        section_discriminator: "default",
        attributes: [ApsisClient.liveVersion(natives, "$email_address")],
        events: [order],
      },
    ],
    start_at: "2026-03-01T00:00:00Z",
  });
  expect(await client.file(url, () => service.pump())).toEqual({
    profiles: {
      "p-1": {
        sections: {
          people: { attributes: { first_name: { value: "Ada" }, vip: { value: null } } },
          default: {
            attributes: { $email_address: { value: "ada@example.com" } },
            events: [0, 1].map((n) => ({
              correlationId: `e-000000${n}`,
              sourceEventTime: START - 3_000_000 + n,
              typeId: order,
              createdAt: START,
              data: { order_id: `A-${n}`, amount: n / 4 },
            })),
          },
        },
      },
    },
  });
});

it("exports every profile without a segment, and downloads the same file again, with and without compression", async () => {
  const url = await client.requestExport(EVERYONE);
  const pause = () => service.pump();
  const plain = await (await client.download(url, pause)).text();
  expect(Object.keys((JSON.parse(plain) as { profiles: object }).profiles)).toEqual(["p-1", "p-2"]);
  const packed = await client.download(url, pause, { "accept-encoding": "gzip" });
  expect(packed.headers.get("content-encoding")).toBe("gzip");
  expect(gunzip(new Uint8Array(await packed.arrayBuffer()))).toBe(plain);
  expect(await (await client.download(url, pause)).text()).toBe(plain);
});

it("goes on with a new token where its token has ended", async () => {
  const url = await client.requestExport(EVERYONE);
  await client.download(url, () => service.pump());
  service.now += 23 * 3_600_000;
  const again = await client.requestExport(EVERYONE);
  service.now += 3 * 3_600_000;
  expect(Object.keys((await client.file(again, () => service.pump())).profiles)).toEqual(["p-1", "p-2"]);
});
