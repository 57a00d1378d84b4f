/** A real HTTP server that answers each request as the next step of a test says. */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type Step = (response: ServerResponse, request: IncomingMessage) => void;

export interface Seen {
  method: string;
  path: string;
  headers: IncomingMessage["headers"];
  body: string;
}

export interface FaultyServer {
  origin: string;
  /** Every request so far. */
  seen: Seen[];
  close(): Promise<void>;
}

/** @param stepFor answers one request. */
export async function faultyServer(stepFor: (seen: Seen) => Step): Promise<FaultyServer> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (piece) => (body += String(piece)));
    request.on("end", () => {
      const { method = "", url: path = "", headers } = request;
      const one = { method, path, headers, body };
      seen.push(one);
      stepFor(one)(response, request);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { origin: `http://127.0.0.1:${port}`, seen, close };
}

export const ok =
  (body: unknown): Step =>
  (response) =>
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));

export const problem =
  (status: number, code: string, headers: Record<string, string> = {}): Step =>
  (response) =>
    response
      .writeHead(status, { "content-type": "application/problem+json", ...headers })
      .end(JSON.stringify({ code, status, detail: "It failed." }));

/** The connection breaks before an answer. */
export const cut: Step = (response) => void response.destroy();

/** The connection breaks after these bytes of a longer body. */
export const half =
  (bytes: Uint8Array | string, status = 200): Step =>
  (response) => {
    response.writeHead(status, { "content-type": "application/json", "content-length": "100000" });
    response.write(bytes, () => response.destroy());
  };
