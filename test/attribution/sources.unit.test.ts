/** The sources, and the kind of each. */

import { describe, expect, it } from "vitest";
import { AI, kindOf, ORGANIC, OTHER, PAID, SOURCES } from "../../src/attribution/sources.ts";

const STEMS =
  "facebook google linkedin tiktok youtube instagram bing yahoo pinterest reddit snapchat telegram twitch x quora duckduckgo";

describe("fact 2.a.7: the 52 sources", () => {
  const paid = STEMS.split(" ").map((stem) => `${stem}_ads`);
  const organic = `${STEMS} messenger brave threads`.split(" ").map((stem) => `${stem}_organic`);
  const ai = "ai_chat_gpt ai_perplexity ai_copilot ai_claude ai_grok ai_gemini ai_deepseek".split(" ");
  const other = "email sms referral direct shop_app substack capterra trustpilot g2 yelp".split(" ");

  it("are 16 paid, 19 organic, 7 of AI and 10 others", () => {
    expect([PAID, ORGANIC, AI, OTHER]).toEqual([paid, organic, ai, other]);
    expect([paid.length, organic.length, ai.length, other.length]).toEqual([16, 19, 7, 10]);
    expect(new Set(SOURCES).size).toBe(52);
  });

  it("are of three kinds: direct, paid, and neither", () => {
    const ofKind = (kind: number) => SOURCES.filter((source) => kindOf(source) === kind);
    expect(ofKind(0)).toEqual(["direct"]);
    expect(ofKind(2)).toEqual(paid);
    expect(ofKind(1)).toEqual([...organic, ...ai, ...other.filter((source) => source !== "direct")]);
  });
});
