/**
 * dbt's attribution playbook: 90 sessions of an online shop (33 of them direct, and many of customers who never bought,
 * or bought before), 21 conversions, and credit as its SQL gives it to each session with `converted_at - 30 days <=
 * started_at <= converted_at`. The same journeys went through MAM (Python), and over paid sources alone.
 */

import { type Source, table } from "./credit.ts";

const FOLDER = "attribution-sessions";

/**
 * The playbook's sources as ours: Google and Bing are searches (`utm_medium` is `search`), the paid ones are AdWords'.
 */
export const SOURCE_OF: Readonly<Record<string, Source>> = {
  adwords: "google_ads",
  facebook_ads: "facebook_ads",
  google: "google_organic",
  bing: "bing_organic",
  newsletter: "email",
  direct: "direct",
};

/** What the tables of the references have for each of our models. */
export const TOUCH_COLUMN = {
  first_touch: "first_touch",
  last_touch: "last_touch",
  u_shaped: "forty_twenty_forty",
  linear: "linear",
} as const;

export const MAM_COLUMN = {
  first_touch: "attribution_first_click_heuristic",
  last_touch: "attribution_last_click_heuristic",
  u_shaped: "attribution_position_based_0.4_0.2_0.4_heuristic",
  linear: "attribution_linear_heuristic",
  last_non_direct_touch: "attribution_last_click_non_direct_heuristic",
} as const;

export const sessionId = (id: string | undefined) => `session-${id}`;
export function sourceOf(channel: string | undefined): Source {
  const source = SOURCE_OF[channel ?? ""];
  if (source === undefined) throw new Error(`no source for ${channel}`);
  return source;
}

/** `2020-02-04 4:30:21`, in UTC. */
function utc(time: string | undefined): string {
  const [day, clock = ""] = (time ?? "").split(" ");
  return `${day}T${clock.padStart(8, "0")}Z`;
}

/** A session is a touchpoint at its start. Its id is also its ad's, so that credit is summed up by session, too. */
export function journeys() {
  const sessions = table(`${FOLDER}/sessions.csv`);
  return {
    profiles: [...new Set(sessions.map((session) => session["customer_id"]))].map((id) => ({
      person_id: `customer-${id}`,
    })),
    touchpoints: sessions.map((session) => ({
      id: sessionId(session["session_id"]),
      person_id: `customer-${session["customer_id"]}`,
      occurred_at: utc(session["started_at"]),
      source: sourceOf(session["utm_source"]),
      ad_id: sessionId(session["session_id"]),
    })),
    conversions: table(`${FOLDER}/customer_conversions.csv`).map((conversion) => ({
      id: `conversion-${conversion["customer_id"]}`,
      definition_id: "purchase",
      person_id: `customer-${conversion["customer_id"]}`,
      occurred_at: utc(conversion["converted_at"]),
      properties: { amount: Number(conversion["revenue"]) },
    })),
  };
}

/** Session → its points, or its revenue. */
export function byTouch(model: keyof typeof TOUCH_COLUMN, figure: "points" | "revenue"): Map<string, number> {
  return new Map(
    table(`${FOLDER}/reference_attribution_touches.csv`).map((touch) => [
      sessionId(touch["session_id"]),
      Number(touch[`${TOUCH_COLUMN[model]}_${figure}`]),
    ]),
  );
}

/**
 * Session → its revenue, by MAM, whose table has no ids: a line is a customer, in the order of ids, and lists sessions
 * in time.
 */
export function byTouchOfMam(model: keyof typeof MAM_COLUMN): Map<string, number> {
  const sessions = Map.groupBy(table(`${FOLDER}/reference_attribution_touches.csv`), (touch) => touch["customer_id"]);
  const paths = table(`${FOLDER}/paths_30d.csv`);
  return new Map(
    table(`${FOLDER}/reference_MAM_per_path.csv`).flatMap((line, n) => {
      const journey = sessions.get(paths[n]?.["customer_id"]) ?? [];
      const channels = journey.map((touch) => touch["utm_source"]).join(" > ");
      if (channels !== line["channels_agg"]) throw new Error(`line ${n} of MAM's is of another journey: ${channels}`);
      const shares = (line[MAM_COLUMN[model]] ?? "").split(" > ");
      return journey.map((touch, place): [string, number] => [sessionId(touch["session_id"]), Number(shares[place])]);
    }),
  );
}

/** Source → its revenue. @param file one of the references by source. */
export function bySource(file: string, column: string): Map<string, number> {
  return new Map(
    table(`${FOLDER}/${file}`).map((row) => [
      sourceOf(row["utm_source"] ?? row["channels"] ?? row["channel"]),
      Number(row[column]),
    ]),
  );
}
