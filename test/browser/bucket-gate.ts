/**
 * The way from the service and from browsers to the bucket: a proxy with an origin of its own, as a bucket has in
 * production. A test holds a space's uploads back, so that an export stays half done for as long as the test looks.
 */

import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";

interface Hold {
  /** How many more uploads pass. */
  left: number;
  /** Let the uploads pass that wait. */
  waiting: (() => void)[];
}

export class BucketGate {
  /** The bucket's host, known once the service listens. */
  target: URL | null = null;
  readonly #server: Server;
  readonly #holds = new Map<string, Hold>();

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

  /** From now on only so many uploads pass whose key contains the text; the others wait. */
  hold(text: string, left: number): void {
    this.#holds.set(text, { left, waiting: [] });
  }

  release(text: string): void {
    for (const pass of this.#holds.get(text)?.waiting ?? []) pass();
    this.#holds.delete(text);
  }

  async close(): Promise<void> {
    for (const text of this.#holds.keys()) this.release(text);
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
    const hold = [...this.#holds].find(([text]) => url.includes(text))?.[1];
    if (hold === undefined) return;
    hold.left -= 1;
    if (hold.left < 0) await new Promise<void>((resolve) => hold.waiting.push(resolve));
  }
}
