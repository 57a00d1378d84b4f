/** A portal as its page has it: a link, the session that it opens, and calls with the session's cookie. */

import { ORIGIN, type Service, type Space } from "./service.ts";

/** Headers of the writes that the portal's page sends. */
export const PAGE = { origin: ORIGIN, "spillway-portal": "1" };

const ALL = ["exports:read", "exports:write", "settings:write"];

/** Makes a link, by default with every scope. @returns its token. */
export async function linkFor(service: Service, space: Space, more: Record<string, unknown> = {}): Promise<string> {
  const body = { scopes: ALL, ...more };
  const { url } = await service.json<{ url: string }>("POST", "/v1/portal-links", 201, { key: space.key, body });
  return new URL(url).hash.slice(1);
}

/** @throws when the link does not open. */
export async function openLink(service: Service, token: string, more: Record<string, unknown> = {}): Promise<Response> {
  const response = await service.call("POST", "/v1/portal-session", { body: { token, ...more }, headers: PAGE });
  if (response.status !== 201) throw new Error(`the link does not open: ${await response.text()}`);
  return response;
}

export class Portal {
  readonly #service: Service;
  /** As the browser sends it. */
  readonly cookie: string;

  private constructor(service: Service, cookie: string) {
    this.#service = service;
    this.cookie = cookie;
  }

  /** @param more of the link. */
  static async open(service: Service, space: Space, more: Record<string, unknown> = {}): Promise<Portal> {
    const response = await openLink(service, await linkFor(service, space, more));
    await response.body?.cancel();
    const [cookie = ""] = (response.headers.get("set-cookie") ?? "").split(";");
    return new Portal(service, cookie);
  }

  call(method: string, path: string, body?: unknown): Promise<Response> {
    const headers = { cookie: this.cookie, ...(method === "GET" ? {} : PAGE) };
    return this.#service.call(method, path, { headers, ...(body === undefined ? {} : { body }) });
  }

  /** @throws with the problem when the status is another. */
  json<Body>(method: string, path: string, status: number, body?: unknown): Promise<Body> {
    const headers = { cookie: this.cookie, ...(method === "GET" ? {} : PAGE) };
    return this.#service.json<Body>(method, path, status, { headers, ...(body === undefined ? {} : { body }) });
  }
}
