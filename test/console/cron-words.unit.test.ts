import { describe, expect, test } from "vitest";
import { cronWords } from "../../console/src/ui/cron-words.ts";

describe("a cron expression in words", () => {
  test.each([
    ["0 3 * * *", "Every day at 03:00"],
    ["5,35 3 * * *", "Every day at 03:05 and 03:35"],
    ["0 */6 * * *", "Every day at 00:00, 06:00, 12:00 and 18:00"],
    ["*/15 * * * *", "Every 15 minutes"],
    ["0 * * * *", "Every hour"],
    ["30 * * * *", "Every hour at minute 30"],
    ["0 3 * * 1-5", "Monday to Friday at 03:00"],
    ["0 3 * * MON-fri", "Monday to Friday at 03:00"],
    ["0 3 * * 1", "Every Monday at 03:00"],
    ["0 3 * * 7", "Every Sunday at 03:00"],
    ["0 3 * * 1,THU,0", "Every Monday, Thursday and Sunday at 03:00"],
    ["*/30 * * * 6", "Every Saturday, every 30 minutes"],
    ["0 3 1 * *", "Day 1 of every month at 03:00"],
    ["0 3 1,15 * *", "Days 1 and 15 of every month at 03:00"],
    ["0 3 L * *", "The last day of every month at 03:00"],
    ["0 3 * 1,JUL *", "Every day at 03:00 in January and July"],
    ["  0  3 * *   * ", "Every day at 03:00"],
  ])("%s: %s", (cron, words) => {
    expect(cronWords(cron)).toBe(words);
  });

  test.each([
    "",
    "0 3 * *",
    "0 3 * * * *",
    "0 3 1 * 1",
    "0 3 * * 5#2",
    "0 3 * * 5L",
    "7-59/9 3 * * *",
    "0 9-17 * * *",
    "*/7 * * * *",
  ])("%j has no words: the expression says it itself", (cron) => {
    expect(cronWords(cron)).toBeNull();
  });

  test.each(["60 3 * * *", "0 24 * * *", "0 3 32 * *", "0 3 * 13 *", "0 3 * * 8", "0 3 * * XYZ"])(
    "%j has no words: it is no expression",
    (cron) => {
      expect(cronWords(cron)).toBeNull();
    },
  );
});
