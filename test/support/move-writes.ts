/** Writes of every kind, the same for several spaces: what a space may get while it moves. */

import { TASKS } from "../../src/maintenance/tasks.ts";
import { between, dice, pick, shuffled } from "./random.ts";
import type { Service, Space } from "./service.ts";

const PEOPLE = ["p-1", "p-2", "p-3", "p-4", "p-5", "p-6"];

/** One write, by its seed. A call may be refused, as it is for every space that has the same rows. */
export async function write(service: Service, spaces: readonly Space[], seed: number): Promise<void> {
  const calls = callsOf(service, dice(seed * 31 + 7));
  for (const space of spaces)
    for (const [method, path, body] of calls) await service.call(method, path, { key: space.key, body });
}

type Call = [method: string, path: string, body?: unknown];

function callsOf({ now }: Service, roll: () => number): Call[] {
  const person = () => pick(roll, PEOPLE);
  const n = between(roll, 1, 1_000_000);
  const at = (before: number) => new Date(now - before).toISOString();
  const events = (count: number) =>
    Array.from({ length: count }, (_, k) => ({
      id: `e-${n}-${k}`,
      definition_id: "order_placed",
      person_id: person(),
      occurred_at: at(between(roll, 1_000, 3_000_000)),
      properties: { order_id: `A-${n} „${k}“`, amount: k / 4 },
    }));
  /** The call, after one that makes sure of its people: another write may have deleted them, or merged them. */
  const of = (people: readonly string[], call: Call): Call[] => [
    ["PUT", "/v1/profiles", { profiles: people.map((id) => ({ person_id: id })) }],
    call,
  ];
  const [one = "", other = ""] = shuffled(roll, PEOPLE);
  const kinds: (() => Call[])[] = [
    ...Array.from(
      { length: 3 },
      () => () => of(PEOPLE, ["POST", "/v1/events", { events: events(between(roll, 1, 12)) }]),
    ),
    () => [
      [
        "PUT",
        "/v1/profiles",
        {
          profiles: [
            {
              person_id: person(),
              external_person_id: pick(roll, ["X-1", "X-2", null]),
              attributes: { first_name: `N${n}`, age: n },
              tags: ["vip"],
            },
          ],
        },
      ],
    ],
    () => [
      [
        "PUT",
        "/v1/profiles",
        { profiles: [one, other].map((id) => ({ person_id: id, external_person_id: `M-${id}-${n}` })) },
      ],
      ["POST", "/v1/profiles/merge", { from: one, into: other }],
    ],
    () => [["DELETE", `/v1/profiles/${person()}`]],
    () =>
      of(
        [one],
        [
          "POST",
          "/v1/touchpoints",
          { touchpoints: [{ id: `t-${n}`, person_id: one, occurred_at: at(5_000), source: "facebook_ads" }] },
        ],
      ),
    () => [["PUT", "/v1/ad-objects", { campaigns: [{ id: `c-${n % 3}`, name: `Sale ${n}`, account_id: "a-1" }] }]],
    () => [["PUT", "/v1/flows", { flows: [{ id: `f-${n % 3}`, elements: [{ id: `x-${n % 2}`, name: `S ${n}` }] }] }]],
    () => [["PUT", `/v1/segments/s-${n % 3}`, { name: `S ${n}`, rule: { tag: "vip" } }]],
    () => [["DELETE", `/v1/segments/s-${n % 3}`]],
    () => [["PUT", `/v1/tags/t-${n % 2}`, { section_id: "s", name: `T ${n}` }]],
    () => [["PATCH", "/v1/event-definitions/order_placed", { properties: [{ name: `p${n % 4}`, type: "text" }] }]],
    () => [
      ["POST", "/v1/event-definitions", { id: `d_${n % 3}`, name: `D ${n}`, properties: [] }],
      ["DELETE", `/v1/event-definitions/d_${(n + 1) % 3}`],
    ],
    () =>
      of(
        [one],
        [
          "POST",
          "/v1/reachability-events",
          {
            events: [
              {
                id: `r-${n}`,
                person_id: one,
                channel: "SMS",
                timestamp: at(2_000),
                reasons: ["SUBSCRIBED_TO_SMS_MARKETING"],
                has_phone_number: true,
                sms_marketing: "subscribed",
              },
            ],
          },
        ],
      ),
  ];
  return pick(roll, kinds)();
}

/** Erasure, retention and pruning of everything that is due. */
export async function maintain(service: Service): Promise<void> {
  const slice = { after: "", goOn: async () => {} };
  for (const task of ["erase", "retain", "pruneVersions"] as const)
    await service.budget.invoke(() => TASKS[task](service.context, slice));
}
