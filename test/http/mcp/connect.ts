/** An assistant that is connected to the service of a test. */

import { ORIGIN, type Service } from "../../support/service.ts";
import { type Assistant, connectTo, type REVISIONS } from "./assistant.ts";

export async function connect(
  service: Service,
  key: string,
  mode: (typeof REVISIONS)[number] = "auto",
): Promise<Assistant> {
  return connectTo(ORIGIN, key, mode, (url, init) =>
    service.call(init?.method ?? "GET", new URL(url).pathname, {
      headers: Object.fromEntries(new Headers(init?.headers)),
      ...(typeof init?.body === "string" ? { raw: init.body } : {}),
    }),
  );
}
