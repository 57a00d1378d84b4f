/** The most visitors that pages link to a person. */

import { expect, it } from "vitest";
import { MAX_MERGED } from "../../src/db/profiles/merges.ts";
import { roomyService } from "../support/pipeline.ts";

const ORIGIN = "https://shop.example";

it(`a person with ${MAX_MERGED} visitors gets no more`, async () => {
  const service = roomyService();
  const space = await service.shop();
  const wanted = { name: "page", scopes: ["events:write"], origins: [ORIGIN] };
  const { key } = await service.json<{ key: string }>("POST", "/v1/api-keys", 201, { key: space.key, body: wanted });
  const links = (count: number) => ({
    key,
    headers: { origin: ORIGIN },
    body: {
      events: Array.from({ length: count }, () => ({
        definition_id: "personMerged",
        person_id: "p-1",
        properties: { mergedPersonId: `visitor-${crypto.randomUUID()}` },
      })),
    },
  });
  for (let n = 0; n < MAX_MERGED; n += 10) await service.json("POST", "/v1/events", 202, links(10));
  expect(await service.faults("POST", "/v1/events", links(1))).toEqual(["/events/0/properties/mergedPersonId"]);
});
