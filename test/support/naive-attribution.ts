/**
 * The lines of an export with attribution, the slow way: every touchpoint is compared with every event. It shares
 * nothing with the product but naive-credit's words for the models.
 */

import { fractions, naiveCredited, naiveSplit } from "./naive-credit.ts";
import { DAY_MS } from "./conversions.ts";

export interface Touched {
  id: string;
  person: string;
  time: number;
  source: string;
}

/** `amount` as it is written; in units of 10^-scale, where shares have that many decimals; null where it has none. */
export interface Bought {
  id: string;
  person: string;
  company: string | null;
  time: number;
  amount: { text: string; units: bigint; scale: number } | null;
}

export interface World {
  touches: readonly Touched[];
  events: readonly Bought[];
  /** Whose profile is of which company. */
  companyOf: ReadonlyMap<string, string | null>;
}

export interface Question {
  models: readonly string[];
  days: number;
  level: "profile" | "company";
  sources: readonly string[];
  /** Whether lines have their model. */
  named: boolean;
}

const bytewise = (a: { time: number; id: string }, b: { time: number; id: string }) =>
  a.time - b.time || Buffer.compare(Buffer.from(a.id), Buffer.from(b.id));

function kindOf(source: string): number {
  if (source === "direct") return 0;
  return source.endsWith("_ads") ? 2 : 1;
}

/** Lines with `touchpoint_id`, `model` if it is asked for, `source` and `amount`, as texts. */
export function naiveLines(runtime: World, question: Question): string[] {
  return runtime.events.toSorted(bytewise).flatMap((event) => {
    const journey = journeyOf(runtime, event, question);
    return question.models.flatMap((model) => {
      const places = naiveCredited(
        model,
        journey.map(({ source }) => kindOf(source)),
      );
      const shares = sharesOf(event, model, places.length);
      return places.flatMap((place, n) => {
        const touch = journey[place];
        if (touch === undefined || !question.sources.includes(touch.source)) return [];
        const said = question.named ? `,"model":"${model}"` : "";
        return [
          `{"id":"${event.id}","event_time_utc":"${new Date(event.time).toISOString()}","touchpoint_id":"${touch.id}"${said},"source":"${touch.source}","amount":${shares[n]}}`,
        ];
      });
    });
  });
}

function journeyOf({ touches, companyOf }: World, event: Bought, { level, days }: Question): Touched[] {
  const company = level === "company" ? event.company : null;
  const isOwn = ({ person }: Touched) =>
    company === null ? person === event.person : companyOf.get(person) === company;
  const from = days === 0 ? -Infinity : event.time - days * DAY_MS;
  return touches.filter((touch) => isOwn(touch) && touch.time >= from && touch.time <= event.time).toSorted(bytewise);
}

function sharesOf({ amount }: Bought, model: string, n: number): string[] {
  const { units, scale } = amount ?? { units: 0n, scale: 2 };
  const parts = fractions(model === "u_shaped" ? "u_shaped" : "even", Math.max(1, n));
  return naiveSplit(units, parts).map((share) => (amount === null ? "null" : written(share, scale)));
}

function written(units: bigint, scale: number): string {
  const digits = String(units < 0n ? -units : units).padStart(scale + 1, "0");
  const text = `${digits.slice(0, -scale)}.${digits.slice(-scale)}`.replace(/\.?0+$/, "");
  return units < 0n ? `-${text}` : text;
}
