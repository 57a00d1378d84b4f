/** What an invocation may use, and what happens at each limit. */

import { describe, expect, it } from "vitest";
import { Budget, LIMITS } from "../src/budget.ts";
import { SpillwayError } from "../src/errors.ts";

const SELECT = { sql: "SELECT 1", params: [] };
const some = (count: number) => Array.from({ length: count }, () => SELECT);

/** The code and the cause of what it throws. */
function thrownBy(work: () => void): string {
  try {
    work();
  } catch (thrown) {
    if (!(thrown instanceof SpillwayError)) return String(thrown);
    return `${thrown.code}: ${thrown.cause instanceof Error ? thrown.cause.message : ""}`;
  }
  return "nothing";
}

describe("an invocation", () => {
  it("makes 1,000 D1 queries, of which each statement of a batch is one, and not one more", () => {
    const budget = new Budget();
    budget.countStatements(some(999));
    budget.countStatements([SELECT]);
    expect(thrownBy(() => budget.countStatements([SELECT]))).toBe(
      "budget_exceeded: 1001 D1 queries: the limit is 1000",
    );
  });

  it("may not scan more than 250,000 rows in one query", () => {
    const budget = new Budget();
    budget.countRows(250_000, 0, []);
    expect(thrownBy(() => budget.countRows(250_001, 0, []))).toContain("budget_exceeded: a query that scans 250001");
  });

  it("may not scan more rows than the sum allows", () => {
    const budget = new Budget(() => 0, { rowsRead: 10 });
    budget.countRows(10, 0, []);
    expect(thrownBy(() => budget.countRows(1, 0, []))).toContain("11 rows scanned");
  });

  it("makes 10,000 calls, those of fetch and of D1 alike", async () => {
    const budget = new Budget(() => 0, { subrequests: 3 });
    const reach = budget.counted(async () => new Response("answer"));
    expect(await (await reach("https://host.example/")).text()).toBe("answer");
    budget.countStatements([SELECT, SELECT]);
    budget.countMessages([{}]);
    await expect(reach("https://host.example/")).rejects.toMatchObject({ code: "budget_exceeded" });
    expect(LIMITS.subrequests).toBe(10_000);
  });
});

describe("D1's own limits, which the local runtime lacks", () => {
  const countParameter = (value: string) => () => new Budget().countStatements([{ sql: "SELECT ?1", params: [value] }]);

  it("a parameter has less than 2,000,000 bytes, not characters", () => {
    expect(thrownBy(countParameter("x".repeat(1_999_999)))).toBe("nothing");
    expect(thrownBy(countParameter("x".repeat(2_000_000)))).toContain("SQLITE_TOOBIG");
    expect(thrownBy(countParameter("€".repeat(666_666)))).toBe("nothing");
    expect(thrownBy(countParameter("€".repeat(666_667)))).toContain("SQLITE_TOOBIG");
  });

  it("so has each value of an answer", () => {
    const answer = (length: number) => () => new Budget().countRows(1, 0, [{ n: 1, text: "x".repeat(length) }]);
    expect(thrownBy(answer(1_999_999))).toBe("nothing");
    expect(thrownBy(answer(2_000_000))).toContain("SQLITE_TOOBIG");
  });

  it("a statement has at most 100 parameters and 100,000 bytes of SQL", () => {
    const count = (sql: string, parameters: number) => () =>
      new Budget().countStatements([{ sql, params: Array.from({ length: parameters }, () => 1) }]);
    expect(thrownBy(count("x".repeat(100_000), 100))).toBe("nothing");
    expect(thrownBy(count("x".repeat(100_001), 1))).toContain("budget_exceeded");
    expect(thrownBy(count("x", 101))).toContain("budget_exceeded");
  });
});

describe("a queue's limits", () => {
  it("a message has at most 128,000 bytes, a call at most 100 messages of 256,000 bytes", () => {
    // A text has two quotation marks as JSON.
    const texts = (count: number, bytes: number) => () =>
      new Budget().countMessages(Array.from({ length: count }, () => "x".repeat(bytes - 2)));
    expect(thrownBy(texts(2, 128_000))).toBe("nothing");
    expect(thrownBy(texts(1, 128_001))).toContain("a message of 128001 bytes");
    expect(thrownBy(texts(3, 128_000))).toContain("messages of 384000 bytes");
    expect(thrownBy(texts(100, 10))).toBe("nothing");
    expect(thrownBy(texts(101, 10))).toContain("101 messages");
  });
});

describe("work checkpoints", () => {
  it("at 700 D1 queries", () => {
    const budget = new Budget();
    budget.countStatements(some(699));
    expect(budget.isNearlySpent).toBe(false);
    budget.countStatements([SELECT]);
    expect(budget.isNearlySpent).toBe(true);
  });

  it("at 7,000 calls", () => {
    const budget = new Budget();
    for (let n = 0; n < 6_999; n += 1) budget.countSubrequest();
    expect(budget.isNearlySpent).toBe(false);
    budget.countSubrequest();
    expect(budget.isNearlySpent).toBe(true);
  });

  it("at 17,500,000 rows", () => {
    const budget = new Budget();
    for (let n = 0; n < 70; n += 1) {
      expect(budget.isNearlySpent).toBe(false);
      budget.countRows(250_000, 0, []);
    }
    expect(budget.isNearlySpent).toBe(true);
  });

  it("after ten minutes, since the platform ends a consumer after fifteen", () => {
    let now = 0;
    const budget = new Budget(() => now);
    now = 599_999;
    expect(budget.isNearlySpent).toBe(false);
    now = 600_000;
    expect(budget.isNearlySpent).toBe(true);
  });
});
