/** Every step of an export of conversions reads its snapshot, however late the step runs. */

import { beforeEach, expect, it } from "vitest";
import {
  ask,
  at,
  conversion,
  credit,
  linesOf,
  market,
  NOON,
  putAds,
  sendTouches,
  touch,
} from "../../support/conversions.ts";
import { deliver, rowsOf, take } from "../../support/pipeline.ts";
import type { Service, Space } from "../../support/service.ts";

let service: Service;
let space: Space;

const SOURCES = ["google_ads", "email", "sms"];
const fields = ["configured_name", "company_id", "ad_id", "ad_name", "campaign_id", "campaign_name", "amount"];
const request = (model: string, level: string) => ({ ...credit(model, SOURCES), level, fields });

beforeEach(async () => {
  ({ service, space } = await market(["acme", "acme", "globex"]));
  await putAds(service, space, {
    ads: [{ id: "a-1", name: "Ad", adset_id: "s-1" }],
    adsets: [{ id: "s-1", name: "Set", campaign_id: "c-1" }],
    campaigns: [{ id: "c-1", name: "Campaign" }],
  });
  await sendTouches(service, space, [
    touch("t-2", "email", NOON - 2),
    touch("t-3", "google_ads", NOON - 3, { ad_id: "a-1", person_id: "p-2" }),
    touch("t-4", "google_ads", NOON - 4, { ad_id: "a-1" }),
  ]);
  await service.send(space, [conversion("e-1", { definition_id: "custom_event_1" })]);
});

async function changeEverything(round: number): Promise<void> {
  const key = space.key;
  await sendTouches(service, space, [
    touch(`first-${round}`, "sms", NOON - 1_000 - round),
    touch(`last-${round}`, "sms", NOON),
    touch(`theirs-${round}`, "sms", NOON, { person_id: "p-3" }),
  ]);
  await putAds(service, space, {
    ads: [{ id: "a-1", name: `Another ${round}`, adset_id: `s-${round + 2}` }],
    adsets: [{ id: "s-1", name: "Set", campaign_id: `c-${round + 2}` }],
    campaigns: [{ id: "c-1", name: `Other ${round}` }],
  });
  const profiles = [
    { person_id: "p-2", company_id: "globex" },
    { person_id: "p-3", company_id: "acme" },
  ];
  await service.json("PUT", "/v1/profiles", 200, { key, body: { profiles } });
  const body = { name: `Renamed ${round}` };
  await service.json("PATCH", "/v1/event-definitions/custom_event_1", 200, { key, body });
  await service.send(space, [conversion(`new-${round}`, { occurred_at: at(NOON - round) })]);
}

it.each([
  ["linear", "profile"],
  ["linear", "company"],
  ["first_touch", "company"],
  ["last_touch", "profile"],
])("by %s at the level %s", async (model, level) => {
  const before = await linesOf(service, space, request(model, level));
  expect(before[0]).toMatchObject({ id: "e-1", configured_name: "custom_event_1" });

  const id = await ask(service, space, request(model, level));
  await changeEverything(1);
  await deliver(service, take(service, "plan"));
  await changeEverything(2);
  await deliver(service, take(service, "chunk"));
  await changeEverything(3);
  await service.pump();
  expect(await rowsOf(service, await service.poll(space, id))).toEqual(before);

  const after = await linesOf(service, space, request(model, level));
  expect(after.map((line) => line["id"])).toContain("new-3");
  expect(after.find((line) => line["id"] === "e-1")).not.toEqual(before[0]);
});
