/** What the tests of the dialect share: tokens, and the shape of a refusal. */

import { expect } from "vitest";
import type { Service } from "../../../support/service.ts";

/** The body of a request of a token for an API key. */
export const credentialsOf = (key: string) => ({
  grant_type: "client_credentials",
  client_id: key.split("_")[1] ?? "",
  client_secret: key,
});

/** An access token for an API key. */
export async function tokenFor(service: Service, key: string): Promise<string> {
  const body = credentialsOf(key);
  return (await service.json<{ access_token: string }>("POST", "/oauth/token", 200, { body })).access_token;
}

/** Errors as the product has them; those of a request have its faults too. */
export const refusal = (status: number, detail: RegExp = /./) => ({
  status,
  title: expect.stringMatching(/\.$/) as string,
  detail: expect.stringMatching(detail) as string,
});
