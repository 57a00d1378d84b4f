/**
 * A proxy between a client and a server that records each call, as it was signed and sent, and its answer. It changes
 * no call unless a test does; `Host` is never changed, because it is signed.
 */

import { createHash } from "node:crypto";
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from "node:http";

export interface Call {
  method: string;
  /** Path and query. */
  path: string;
  headers: IncomingHttpHeaders;
  bodyBytes: number;
  /** Of what was really sent, in hex. */
  bodySha256: string;
  /** The body as text, where it is short. */
  body: string;
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

export interface Exchange extends Call {
  status: number;
  answerHeaders: IncomingHttpHeaders;
  /** As text, where it is short. */
  answer: string;
}

/** What a test does to one call. It is asked before the call is passed on. */
export interface Meddler {
  before?: (call: Call) => Promise<void> | void;
  /** @returns headers that go on instead. */
  headers?: (call: Call) => IncomingHttpHeaders;
  /** @returns the answer that is given instead; null: the connection is cut. */
  answer?: (call: Call, answer: Answer) => Promise<Answer | null> | Answer | null;
}

const SHORT_BYTES = 200_000;

export class Recorder {
  readonly exchanges: Exchange[] = [];
  /** Runs for each call; null leaves the call as it is. */
  meddle: (call: Call) => Meddler | null = () => null;
  readonly #target: URL;
  readonly #server: Server;

  private constructor(target: string) {
    this.#target = new URL(target);
    this.#server = createServer((incoming, outgoing) => {
      void this.#serve(incoming, outgoing);
    });
    // A connection that is closed for its idleness just as a call comes would look like a failure of the other side.
    this.#server.keepAliveTimeout = 0;
  }

  /** @param target an origin. */
  static async before(target: string): Promise<Recorder> {
    const recorder = new Recorder(target);
    await new Promise<void>((resolve) => recorder.#server.listen(0, "127.0.0.1", resolve));
    return recorder;
  }

  get origin(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the recorder does not listen");
    return `http://127.0.0.1:${address.port}`;
  }

  /** Calls with this method and a path that has this in it, in the order in which they were answered. */
  calls(method: string, part = ""): Exchange[] {
    return this.exchanges.filter((exchange) => exchange.method === method && exchange.path.includes(part));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const answer = await this.#pass(incoming).catch(() => null);
    if (answer === null) return void outgoing.destroy();
    // The answer is whole by now: it goes with its length, but for a HEAD, whose length is of what is not sent.
    const { "transfer-encoding": _, ...headers } = answer.headers;
    if (answer.body.length > 0) headers["content-length"] = String(answer.body.length);
    outgoing.writeHead(answer.status, headers);
    outgoing.end(answer.body);
  }

  async #pass(incoming: IncomingMessage): Promise<Answer | null> {
    const body = await read(incoming);
    const call: Call = {
      method: incoming.method ?? "",
      path: incoming.url ?? "",
      headers: incoming.headers,
      bodyBytes: body.length,
      bodySha256: createHash("sha256").update(body).digest("hex"),
      body: textOf(body),
    };
    const meddler = this.meddle(call);
    await meddler?.before?.(call);
    const answer = await this.#forward(call, meddler?.headers?.(call) ?? call.headers, body);
    const given = meddler?.answer === undefined ? answer : await meddler.answer(call, answer);
    const { status, headers } = given ?? { status: 0, headers: {} };
    this.exchanges.push({ ...call, status, answerHeaders: headers, answer: textOf(given?.body ?? Buffer.of()) });
    return given;
  }

  #forward(call: Call, headers: IncomingHttpHeaders, body: Buffer): Promise<Answer> {
    const { hostname, port } = this.#target;
    return new Promise((resolve, reject) => {
      // A connection for each call, for the same reason.
      const to = { hostname, port, method: call.method, path: call.path, headers, agent: false };
      const onward = request(to, (incoming) => {
        read(incoming).then(
          (answer) => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: answer }),
          reject,
        );
      });
      onward.on("error", reject);
      onward.end(body);
    });
  }
}

async function read(message: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of message) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

const textOf = (body: Buffer): string => (body.length > SHORT_BYTES ? "" : body.toString("utf8"));
