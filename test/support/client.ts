/** The package's client inside a test: calls go to the harness's service, waits move the clock and the queue. */

import { Spillway } from "../../client/src/index.ts";
import { ORIGIN, type Service } from "./service.ts";

/** @param key of a space, or the operator's token. */
export function clientOf(service: Service, key: string): Spillway {
  return new Spillway({
    origin: ORIGIN,
    key,
    fetch: (request) => answer(service, request),
    now: () => service.now,
    random: () => 0,
    sleep: async (ms) => {
      service.now += ms;
      await service.pump();
    },
  });
}

async function answer(service: Service, request: Request): Promise<Response> {
  const { pathname, search, origin } = new URL(request.url);
  // A presigned link: the bucket is a real server.
  if (origin !== ORIGIN) return fetch(request);
  const headers = Object.fromEntries(request.headers);
  const body = request.body === null ? {} : { raw: await request.arrayBuffer() };
  return service.call(request.method, `${pathname}${search}`, { headers, ...body });
}
