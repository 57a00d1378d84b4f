/**
 * The lines of `conversion_events`, by the contract (section 7); credit is split by the tests' own slow attribution.
 */

import { naiveLines } from "../support/naive-attribution.ts";
import type { Row } from "./activity-rows.ts";
import { dayAfter, iso, startOfDay } from "./times.ts";
import type { Data, Definition, StoredEvent } from "./world.ts";

/** The definitions of which an event is a conversion. */
export const CONVERSIONS = ["purchase", "sign_up"] as const satisfies readonly string[];

/** The definitions of conversions, as every space has them. */
export function conversionDefinitions(): Definition[] {
  const types = {
    amount: "number",
    is_upsell: "boolean",
    order_id: "text",
    order_name: "text",
    event_url: "text",
  } as const;
  const properties = Object.entries(types).map(([name, type]) => ({ name, type, seq: 0 }));
  return CONVERSIONS.map((id) => ({ id, version: 1, properties, firstEvent: null }));
}

/** From the first instant of a day to that of the day after the last, in a zone. */
export function daysWindow(zone: string, first: string, last: string): { from: number; to: number } {
  return { from: startOfDay(zone, first), to: startOfDay(zone, dayAfter(last)) };
}

/** A line without attribution. */
export function conversionRow(event: StoredEvent, fields: readonly string[]): Row {
  const values: Row = {
    profile_id: event.person,
    company_id: event.company,
    event_name: event.definition,
    configured_name: event.definition,
    amount: event.properties["amount"] ?? null,
    order_id: event.properties["order_id"] ?? null,
  };
  return {
    id: event.id,
    event_time_utc: iso(event.occurredAt),
    ...Object.fromEntries(fields.map((field) => [field, values[field] ?? null])),
  };
}

/** The lines of an event's credit, with `source` and `amount`. */
export function creditRows(data: Data, event: StoredEvent, request: Row): Row[] {
  const { amount } = event.properties;
  const lines = naiveLines(
    {
      touches: data.touchpoints.map(({ id, person, occurredAt, source }) => ({ id, person, time: occurredAt, source })),
      events: [
        {
          id: event.id,
          person: event.person,
          company: event.company,
          time: event.occurredAt,
          amount: typeof amount === "number" ? unitsOf(amount) : null,
        },
      ],
      companyOf: new Map([...data.people].map(([id, { company }]) => [id, company])),
    },
    {
      models: [String(request["attribution_model"])],
      days: Number(request["attribution_window"]),
      level: request["level"] === "company" ? "company" : "profile",
      sources: request["sources"] as string[],
      named: false,
    },
  );
  return lines.map((line) => JSON.parse(line) as Row);
}

/** An amount in units of its own precision, at least two decimals. */
function unitsOf(amount: number): { text: string; units: bigint; scale: number } {
  const text = String(amount);
  const decimals = text.split(".")[1] ?? "";
  const scale = Math.max(2, decimals.length);
  const [whole = ""] = text.split(".");
  return { text, units: BigInt(`${whole}${decimals.padEnd(scale, "0")}`), scale };
}
