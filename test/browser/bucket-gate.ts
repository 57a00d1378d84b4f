/**
 * The way from the service and from browsers to the bucket: a proxy with an origin of its own, as a bucket has in
 * production. A test holds uploads back, so that an export stays half done for as long as the test looks.
 */

import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";

export class BucketGate {
  /** The bucket's host, known once the service listens. */
  target: URL | null = null;
  readonly #server: Server;
  /** Patterns of addresses, each with the uploads that wait. */
  readonly #holds = new Map<string, (() => void)[]>();

  constructor() {
    this.#server = createServer((incoming, outgoing) => void this.#pass(incoming, outgoing));
  }

  /** @returns the port. */
  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("The gate has no port.");
    return address.port;
  }

  /** Uploads to addresses with the pattern wait. The service gives each up after 25 seconds, and tries again. */
  hold(pattern: string): void {
    this.#holds.set(pattern, []);
  }

  release(pattern: string): void {
    for (const pass of this.#holds.get(pattern) ?? []) pass();
    this.#holds.delete(pattern);
  }

  async close(): Promise<void> {
    for (const pattern of this.#holds.keys()) this.release(pattern);
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** The header `host` stays: the signature covers it. */
  async #pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = "GET", url = "/", headers } = incoming;
    if (method === "PUT") await this.#turn(url);
    if (this.target === null) return void outgoing.writeHead(503).end();
    const { hostname, port } = this.target;
    const onward = request({ hostname, port, method, path: url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on("error", () => outgoing.destroy());
    incoming.pipe(onward);
  }

  async #turn(url: string): Promise<void> {
    const waiting = [...this.#holds].find(([pattern]) => new RegExp(pattern).test(url))?.[1];
    if (waiting !== undefined) await new Promise<void>((resolve) => waiting.push(resolve));
  }
}
