/** /v1/ad-objects: the ads that touchpoints may name, with their ad sets, campaigns and accounts. */

import * as z from "zod";
import {
  AD_LEVELS,
  type AdLevel,
  type AdObjectRow,
  listAdObjects,
  type NewAdObject,
  putAdObjects,
} from "../../db/events/ad-objects.ts";
import { type Fault, invalid, MAX_FAULTS } from "../../errors.ts";
import { byId, list } from "../list.ts";
import { MAX_RECORDS_BYTES } from "../records.ts";
import { resource } from "../resource.ts";
import { json, route } from "../route.ts";
import { Id, nameOf, times, timesOf } from "../schemas.ts";

const MAX_OBJECTS = 5_000;
const named = { id: Id, name: nameOf(500) };
const ParentId = Id.nullish().meta({ description: "The parent object need not exist yet." });
const upTo = <Item extends z.ZodType>(item: Item) => z.array(item).max(MAX_OBJECTS).nullish();

const SentObjects = z.strictObject({
  ads: upTo(z.strictObject({ ...named, adset_id: ParentId })),
  adsets: upTo(z.strictObject({ ...named, campaign_id: ParentId })),
  campaigns: upTo(z.strictObject({ ...named, account_id: ParentId })),
  accounts: upTo(z.strictObject(named)),
});

const parent = z.string().nullable().optional();
const AdObject = z
  .object({
    level: z.enum(AD_LEVELS),
    id: z.string(),
    name: z.string(),
    adset_id: parent.meta({ description: "Only for ads." }),
    campaign_id: parent.meta({ description: "Only for ad sets." }),
    account_id: parent.meta({ description: "Only for campaigns." }),
    ...times,
  })
  .meta({ id: "AdObject" });

export const adObjectsResource = resource("/v1/ad-objects", "Touchpoints", [
  route({
    method: "PUT",
    operationId: "putAdObjects",
    summary: "Create or replace ad objects",
    description: `1 to ${MAX_OBJECTS} ads, ad sets, campaigns and accounts in total, all or nothing, each of which is replaced as a whole. If a touchpoint omits a level, an export fills it in from the level below, using these objects as of its snapshot.`,
    auth: "events:write",
    limit: "write",
    body: {
      schema: SentObjects,
      maxBytes: MAX_RECORDS_BYTES,
      items: "values",
      example: {
        ads: [{ id: "120210000000000001", name: "Blue shoes, video", adset_id: "120210000000000010" }],
        adsets: [{ id: "120210000000000010", name: "Runners, 25–40", campaign_id: "120210000000000100" }],
        campaigns: [{ id: "120210000000000100", name: "Spring sale", account_id: "act_1234567890" }],
        accounts: [{ id: "act_1234567890", name: "Shoe shop" }],
      },
    },
    responses: {
      200: {
        description: "The ad objects are stored. Exports that are created from now on read them.",
        schema: z.object({ put: z.number().int() }).meta({ id: "AdObjectsPut" }),
      },
    },
    async handle(call, { space, body }) {
      const objects = objectsOf(body);
      await putAdObjects(call.databases.space(space.id), space.id, objects, call.runtime.now());
      return json({ put: objects.length });
    },
  }),
  list({
    operationId: "listAdObjects",
    summary: "List the ad objects of a level",
    auth: "events:read",
    filters: { level: z.enum(AD_LEVELS) },
    item: AdObject,
    page: "Ad objects, by id.",
    async read(call, { space, filters: { level }, limit, after }) {
      const db = call.databases.space(space.id);
      const rows = await listAdObjects(db, space.id, level, after?.id ?? null, limit);
      return rows.map((row) => ({ level, ...row }));
    },
    positionOf: byId,
    show,
  }),
]);

/** @throws invalid_request for an id that occurs twice in one list, for no object at all, and for too many in total. */
function objectsOf({ ads, adsets, campaigns, accounts }: z.output<typeof SentObjects>): NewAdObject[] {
  const faults: Fault[] = [];
  const rows = <Sent extends { id: string; name: string }>(
    level: AdLevel,
    list: readonly Sent[] | null | undefined,
    parentOf: (sent: Sent) => string | null | undefined,
  ): NewAdObject[] => {
    const ids = new Set<string>();
    return (list ?? []).map((sent, index) => {
      if (ids.has(sent.id)) faults.push({ pointer: `/${level}s/${index}/id`, detail: "Duplicate id in this list." });
      ids.add(sent.id);
      return { level, id: sent.id, name: sent.name, parent_id: parentOf(sent) ?? null };
    });
  };
  const objects = [
    ...rows("ad", ads, (ad) => ad.adset_id),
    ...rows("adset", adsets, (adset) => adset.campaign_id),
    ...rows("campaign", campaigns, (campaign) => campaign.account_id),
    ...rows("account", accounts, () => null),
  ];
  if (objects.length === 0)
    faults.push({ pointer: "", detail: "Send at least one object in ads, adsets, campaigns or accounts." });
  if (objects.length > MAX_OBJECTS)
    faults.push({
      pointer: "",
      detail: `A call may have at most ${MAX_OBJECTS} ad objects, but this one has ${objects.length}. Send them in several calls.`,
    });
  if (faults.length > 0) throw invalid(...faults.slice(0, MAX_FAULTS));
  return objects;
}

const PARENTS = { ad: "adset_id", adset: "campaign_id", campaign: "account_id", account: null } as const;

function show({ level, ...row }: AdObjectRow & { level: AdLevel }) {
  const parent = PARENTS[level];
  return {
    level,
    id: row.id,
    name: row.name,
    ...(parent === null ? {} : { [parent]: row.parent_id }),
    ...timesOf(row),
  };
}
