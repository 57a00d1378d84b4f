/** The limits that a service has where its operator sets none: those of wrangler.toml. */

import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { expect, it } from "vitest";

it("are those that the documentation names", () => {
  const toml = readFileSync(new URL("../wrangler.toml", import.meta.url).pathname, "utf8");
  const vars = parseEnv(/^\[vars\]\n([^[]*)/m.exec(toml)?.[1] ?? "");
  const limits = Object.entries(vars).filter(([name]) => name.endsWith("_LIMIT"));
  expect(Object.fromEntries(limits)).toEqual({
    CREATE_LIMIT: "5",
    POLL_LIMIT: "30",
    LIST_LIMIT: "7",
    WRITE_LIMIT: "300",
    API_LIMIT: "1200",
    TRACKER_LIMIT: "600",
    PENDING_LIMIT: "10",
    KEY_LIMIT: "100",
    DEFINITION_LIMIT: "1000",
  });
});
