/**
 * A conversion, or its credit to a touchpoint, as a line of JSON: `id, event_time_utc`, under attribution
 * `touchpoint_id`, `model` for a list of models and `source` where it is requested, then the fields in the requested
 * order. A missing value is null. The text that all lines of an event share is built once.
 */

import type { EventRecord } from "../../db/events/events.ts";
import type { CreditedTouch } from "../../db/events/journeys.ts";
import { iso } from "../../time/names.ts";
import type { Column } from "../column.ts";
import { quote, quoteOrNull } from "../json-text.ts";
import type { Ads } from "./ad-levels.ts";
import type { Query } from "./freeze.ts";
import { needsWholeJourneys } from "./journeys.ts";
import { AD_FIELDS, type AdField, type Field } from "./request.ts";

const AD: ReadonlySet<Field> = new Set(AD_FIELDS);
const OF_PROPERTIES: ReadonlySet<Field> = new Set(["amount", "is_upsell", "order_id", "order_name", "event_url"]);

/** The text that all lines of one event share, and its amount, which lines divide. */
export interface EventText {
  /** `{"id":…,"event_time_utc":…`, under attribution up to the touchpoint's id. */
  head: string;
  /** The texts between the touchpoint's own values: one more than there are values. */
  between: readonly string[];
  /** The text after the touchpoint's id in the last line: mostly the next line has the same. */
  tail: { model: string; source: string; share: string; text: string };
  /** The amount, as JSON writes the number; null: the conversion has none. */
  amount: string | null;
}

const LINE_FEED = 10;
const NO_TAIL = { model: "", source: "", share: "", text: "" };

export class Lines {
  readonly #query: Query;
  readonly #spaceId: string;
  readonly #names: ReadonlyMap<string, string>;
  /** The requested fields that differ between the touchpoints of an event, in their order. */
  readonly #own: readonly (AdField | "amount")[];
  readonly #readsProperties: boolean;
  readonly #readsAds: boolean;
  /** May an event have several lines? */
  readonly #repeats: boolean;
  readonly #named: boolean;
  readonly #withSource: boolean;

  constructor(query: Query, spaceId: string) {
    this.#query = query;
    this.#spaceId = spaceId;
    this.#names = new Map(query.names);
    this.#own = query.attribution === null ? [] : query.fields.filter(isOwn);
    this.#readsAds = this.#own.some((field) => field !== "amount");
    this.#repeats = needsWholeJourneys(query.attribution?.models ?? []);
    this.#named = query.attribution?.named ?? false;
    this.#withSource = query.attribution?.withSource ?? false;
    this.#readsProperties =
      query.fields.some((field) => OF_PROPERTIES.has(field)) || (query.attribution?.groupBy.length ?? 0) > 0;
  }

  prepare(event: EventRecord): EventText {
    const properties = this.#readsProperties ? (JSON.parse(event.properties) as Record<string, unknown>) : {};
    const between: string[] = [""];
    for (const field of this.#query.fields) {
      const last = between.length - 1;
      if (this.#own.includes(field as AdField | "amount")) {
        between[last] += `,"${field}":`;
        between.push("");
      } else between[last] += `,"${field}":${this.#text(field, event, properties)}`;
    }
    between[between.length - 1] += "}";
    const { amount } = properties;
    const head = `{"id":${this.#id(event.id)},"event_time_utc":"${this.#time(event.occurredAt)}"`;
    return {
      head: this.#query.attribution === null ? head : this.#shared(`${head},"touchpoint_id":`),
      between,
      tail: NO_TAIL,
      amount: typeof amount === "number" ? JSON.stringify(amount) : null,
    };
  }

  /** The line of a conversion. */
  conversion({ head, between }: EventText): string {
    return head + (between[0] ?? "");
  }

  /**
   * The line of a credit.
   * @param model written where lines have the column.
   * @param share of the amount, as JSON; `null` where there is no amount.
   */
  credit(
    event: EventText,
    touch: Pick<CreditedTouch, "id" | "source">,
    model: string,
    share: string,
    ads: Ads,
  ): string {
    const { tail } = event;
    const { source } = touch;
    const same = tail.share === share && tail.model === model && (tail.source === source || !this.#withSource);
    if (!same || this.#readsAds)
      event.tail = { model, source, share, text: this.#shared(this.#tail(event, source, model, share, ads)) };
    return event.head + quote(touch.id) + event.tail.text;
  }

  #tail({ between }: EventText, source: string, model: string, share: string, ads: Ads): string {
    let text = this.#named ? `,"model":"${model}"` : "";
    if (this.#withSource) text += `,"source":"${source}"`;
    text += between[0] ?? "";
    for (const [n, field] of this.#own.entries())
      text += (field === "amount" ? share : quoteOrNull(ads[field] ?? null)) + (between[n + 1] ?? "");
    return text;
  }

  /** A text that several lines of an event may have: in one piece, which V8 else puts together anew in each line. */
  #shared(text: string): string {
    // Only a text in one piece has characters at places.
    if (this.#repeats && text.charCodeAt(text.length - 1) === LINE_FEED) throw new Error("A line must not end early.");
    return text;
  }

  #id(id: string): string {
    return this.#query.numericIds && isWholeNumber(id) ? id : quote(id);
  }

  #time(time: number): string {
    const text = iso(time);
    return this.#query.shortTimes ? text.replace(".000Z", "Z") : text;
  }

  #text(field: Field, event: EventRecord, properties: Record<string, unknown>): string {
    if (isOfAd(field)) return "null";
    switch (field) {
      case "profile_id":
        return this.#id(event.personId);
      case "company_id":
        return event.companyId === null ? "null" : this.#id(event.companyId);
      case "space_id":
        return quote(this.#spaceId);
      case "event_name":
        return quote(event.definitionId);
      case "configured_name":
        return quote(this.#names.get(event.definitionId) ?? event.definitionId);
      case "amount":
      case "is_upsell":
      case "order_id":
      case "order_name":
      case "event_url":
        return JSON.stringify(properties[field] ?? null);
    }
  }
}

/** In the form in which JSON writes the number, and with no more digits than readers keep. */
const isWholeNumber = (text: string) => /^(0|-?[1-9]\d{0,15})$/.test(text) && Number.isSafeInteger(Number(text));

const isOfAd = (field: Field): field is AdField => AD.has(field);

const isOwn = (field: Field): field is AdField | "amount" => field === "amount" || isOfAd(field);

/** Fields that every conversion has. */
const REQUIRED: ReadonlySet<Field> = new Set(["profile_id", "space_id", "event_name", "configured_name"]);
const TYPES: ReadonlyMap<Field, Column["type"]> = new Map([
  ["amount", "number"],
  ["is_upsell", "boolean"],
]);

/** The columns of a line, in their order. */
export function conversionColumns({ fields, attribution }: Query): Column[] {
  const text = (name: string): Column => ({ path: [name], type: "text", required: true });
  return [
    { ...text("id"), edge: "id" },
    { path: ["event_time_utc"], type: "date", required: true, edge: "time" },
    ...(attribution === null ? [] : [text("touchpoint_id")]),
    ...(attribution?.named === true ? [text("model")] : []),
    ...(attribution?.withSource === true ? [text("source")] : []),
    ...fields.map((field): Column => ({
      path: [field],
      type: TYPES.get(field) ?? "text",
      ...(REQUIRED.has(field) ? { required: true } : {}),
    })),
  ];
}
