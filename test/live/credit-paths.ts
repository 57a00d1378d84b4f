/**
 * The sample of the R package ChannelAttribution: 10,000 paths of channels under Greek names (`eta > iota > alpha`),
 * each with how many conversions it led to and what they were worth together; and credit by channel as that package and
 * MAM (Python) give it. A path's `total_null`, the journeys that led to nothing, is looked at by none of these models.
 */

import { type Source, table } from "./credit.ts";

const FOLDER = "attribution-paths";

/** All three kinds are there, paid, organic and direct: `alpha` is what MAM leaves out as the direct channel. */
export const SOURCE_OF: Readonly<Record<string, Source>> = {
  alpha: "direct",
  beta: "google_organic",
  gamma: "ai_chat_gpt",
  delta: "tiktok_ads",
  epsilon: "facebook_organic",
  zeta: "sms",
  eta: "google_ads",
  theta: "email",
  iota: "facebook_ads",
  kappa: "referral",
  lambda: "bing_ads",
  mi: "substack",
};

/**
 * Everything is on this day: paths from midnight, a touchpoint a minute; conversions from noon, a path's in its second.
 */
export const DAY = "2026-01-15";
const MIDNIGHT = Date.parse(`${DAY}T00:00:00Z`);
const MINUTE = 60_000;

/** What R has by conversions and by value, and MAM by value. */
export const PUBLISHED = [
  { model: "first_touch", figure: "credit", by: "R", column: "first_touch_conversions" },
  { model: "first_touch", figure: "amount", by: "R", column: "first_touch_value" },
  { model: "last_touch", figure: "credit", by: "R", column: "last_touch_conversions" },
  { model: "last_touch", figure: "amount", by: "R", column: "last_touch_value" },
  { model: "linear", figure: "credit", by: "R", column: "linear_touch_conversions" },
  { model: "linear", figure: "amount", by: "R", column: "linear_touch_value" },
  { model: "first_touch", figure: "amount", by: "MAM", column: "attribution_first_click_heuristic" },
  { model: "last_touch", figure: "amount", by: "MAM", column: "attribution_last_click_heuristic" },
  { model: "linear", figure: "amount", by: "MAM", column: "attribution_linear_heuristic" },
  { model: "u_shaped", figure: "amount", by: "MAM", column: "attribution_position_based_0.4_0.2_0.4_heuristic" },
  {
    model: "last_non_direct_touch",
    figure: "amount",
    by: "MAM",
    column: "attribution_last_click_non_alpha_heuristic",
  },
] as const;

const FILE_OF = { R: "heuristic_models_R_2.2.4.csv", MAM: "reference_MAM_value.csv" } as const;

function sourceOf(channel: string): Source {
  const source = SOURCE_OF[channel];
  if (source === undefined) throw new Error(`no such channel: ${channel}`);
  return source;
}

/** Source → what is published of it. */
export function bySource({ by, column }: (typeof PUBLISHED)[number]): Map<string, number> {
  return new Map(
    table(`${FOLDER}/${FILE_OF[by]}`).map((row) => [
      sourceOf(row["channel_name"] ?? row["channels"] ?? ""),
      Number(row[column]),
    ]),
  );
}

/**
 * A path with conversions is a profile with touchpoints and as many conversions. The first of these has the value of
 * all, with all its decimals; the others have none, which is no amount and counts as a conversion all the same.
 */
export function journeys() {
  const paths = table(`${FOLDER}/PathData.csv`, ";").flatMap((row, n) => {
    const conversions = Number(row["total_conversions"]);
    if (conversions === 0) return [];
    return [
      {
        id: `path-${String(n + 1).padStart(5, "0")}`,
        channels: (row["path"] ?? "").split(" > "),
        conversions,
        value: Number(row["total_conversion_value"]),
      },
    ];
  });
  return {
    profiles: paths.map(({ id }) => ({ person_id: id })),
    touchpoints: paths.flatMap(({ id, channels }) =>
      channels.map((channel, place) => ({
        id: `${id}-${place + 1}`,
        person_id: id,
        occurred_at: new Date(MIDNIGHT + place * MINUTE).toISOString(),
        source: sourceOf(channel),
      })),
    ),
    conversions: paths.flatMap(({ id, conversions, value }, n) =>
      Array.from({ length: conversions }, (_, nth) => ({
        id: `${id}-${nth + 1}`,
        definition_id: "purchase",
        person_id: id,
        occurred_at: new Date(MIDNIGHT + 720 * MINUTE + n * 1_000).toISOString(),
        properties: nth === 0 ? { amount: value } : {},
      })),
    ),
  };
}
