/** The 52 sources that a touchpoint may have, and the kind of each. */

/** Paid sources: models such as `last_platform_touch` use only these. */
export const PAID = [
  "facebook_ads",
  "google_ads",
  "linkedin_ads",
  "tiktok_ads",
  "youtube_ads",
  "instagram_ads",
  "bing_ads",
  "yahoo_ads",
  "pinterest_ads",
  "reddit_ads",
  "snapchat_ads",
  "telegram_ads",
  "twitch_ads",
  "x_ads",
  "quora_ads",
  "duckduckgo_ads",
] as const;

export const ORGANIC = [
  "facebook_organic",
  "google_organic",
  "linkedin_organic",
  "tiktok_organic",
  "youtube_organic",
  "instagram_organic",
  "bing_organic",
  "yahoo_organic",
  "pinterest_organic",
  "reddit_organic",
  "snapchat_organic",
  "telegram_organic",
  "twitch_organic",
  "x_organic",
  "quora_organic",
  "duckduckgo_organic",
  "messenger_organic",
  "brave_organic",
  "threads_organic",
] as const;

export const AI = [
  "ai_chat_gpt",
  "ai_perplexity",
  "ai_copilot",
  "ai_claude",
  "ai_grok",
  "ai_gemini",
  "ai_deepseek",
] as const;

export const OTHER = [
  "email",
  "sms",
  "referral",
  "direct",
  "shop_app",
  "substack",
  "capterra",
  "trustpilot",
  "g2",
  "yelp",
] as const;

export const SOURCES = [...PAID, ...ORGANIC, ...AI, ...OTHER] as const;

export type Source = (typeof SOURCES)[number];

/** 0 direct, 1 neither direct nor paid, 2 paid. */
export type Kind = 0 | 1 | 2;

const PAID_SOURCES: ReadonlySet<string> = new Set(PAID);

/** The kind of a source. @param source one of the 52. */
export function kindOf(source: string): Kind {
  if (source === "direct") return 0;
  return PAID_SOURCES.has(source) ? 2 : 1;
}
