/** Each test file has databases of its own: they get their tables before its first test. */

import { applyD1Migrations, type D1Migration } from "cloudflare:test";
import { env } from "cloudflare:workers";

declare global {
  namespace Cloudflare {
    interface Env {
      CONTROL_MIGRATIONS: D1Migration[];
      SPACE_MIGRATIONS: D1Migration[];
    }
  }
}

await applyD1Migrations(env.CONTROL_DB, env.CONTROL_MIGRATIONS);
await applyD1Migrations(env.SPACE_DB, env.SPACE_MIGRATIONS);
