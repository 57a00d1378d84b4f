import { describe, expect, it } from "vitest";
import { didYouMean } from "../src/suggestion.ts";

describe("the suggestion for an unknown name", () => {
  it.each<[unknown: string, known: string[], suggestion: string]>([
    ["emial", ["phone", "email"], " Did you mean email?"],
    ["Email", ["email"], " Did you mean email?"],
    ["eventNames", ["event_names", "event_name"], " Did you mean event_names?"],
    ["order_plced", ["order_placed", "order_paid"], " Did you mean order_placed?"],
    ["attribution_modell", ["attribution_window", "attribution_model"], " Did you mean attribution_model?"],
    ["statsu", ["status"], " Did you mean status?"],
  ])("%s among %j:%s", (unknown, known, suggestion) => {
    expect(didYouMean(unknown, known)).toBe(suggestion);
  });

  it.each<[unknown: string, known: string[]]>([
    ["colour", ["name", "status", "limit"]],
    ["id", ["as", "to", "q"]],
    ["", ["limit"]],
    ["email", []],
    ["x".repeat(65), [`${"x".repeat(64)}y`]],
  ])("%s among %j: none", (unknown, known) => {
    expect(didYouMean(unknown, known)).toBe("");
  });

  it("is the name with the fewest mistakes, and the first of equals", () => {
    expect(didYouMean("totla_price", ["total_prices", "total_price", "total-price"])).toBe(
      " Did you mean total_price?",
    );
  });

  it("is found among the first 2,000 names", () => {
    const names = Array.from({ length: 2_000 }, (_, index) => `property_${index}`);
    expect(didYouMean("amuont", [...names.slice(1), "amount"])).toBe(" Did you mean amount?");
    expect(didYouMean("amuont", [...names, "amount"])).toBe("");
  });
});
