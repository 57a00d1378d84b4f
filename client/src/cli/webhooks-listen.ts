/**
 * `webhooks listen`: a receiver on this machine that checks the signature of each webhook and prints it. For a service
 * of this machine it makes an endpoint while it listens.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Command } from "commander";
import { SpillwayError } from "../errors.ts";
import type { Spillway } from "../spillway.ts";
import { verifyWebhook, type WebhookEvent } from "../webhook.ts";
import type { Cli } from "./cli.ts";
import { usageError } from "./command-error.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { isThisMachine } from "./identity.ts";
import { loginsPath, readLogins } from "./logins.ts";
import { positive } from "./resource.ts";
import { printable } from "./text.ts";

const HOST = "127.0.0.1";
const DEFAULT_PORT = 8_788;
/** The service sends bodies below 20 kB. */
const MAX_BODY_BYTES = 100_000;
const SECRET = "SPILLWAY_WEBHOOK_SECRET";

interface ListenOptions {
  port: number;
  url?: string;
  count?: number;
}

export function addListen(webhooks: Command, cli: Cli): void {
  webhooks
    .command("listen")
    .description("receive webhooks on this machine, check their signatures, and print them until Ctrl-C")
    .option("--port <port>", "where to listen on this machine", positive, DEFAULT_PORT)
    .option("--url <url>", "the public address that leads here: an endpoint is made for it, and removed at the end")
    .option("--count <count>", "end after that many webhooks", positive)
    .addHelpText(
      "after",
      [
        "",
        "Beside a service of this machine an endpoint is made by itself. Webhooks of callback URLs are checked with the",
        `space's secret: of the login, where it made the space, else in ${SECRET}.`,
      ].join("\n"),
    )
    .action((options: ListenOptions) => listen(cli, options));
}

async function listen(cli: Cli, { port, url, count }: ListenOptions): Promise<void> {
  const { spillway, identity } = cli;
  const secrets = knownSecrets(cli);
  const makes = url !== undefined || isThisMachine(identity.origin);
  if (!makes && secrets.length === 0)
    throw usageError(
      "The service cannot reach this machine.",
      "With a tunnel to this port: --url https://…",
      `Or check webhooks that arrive here in another way: set ${SECRET}.`,
    );
  const enough = new AbortController();
  let received = 0;
  const take = async (request: IncomingMessage, response: ServerResponse) => {
    received += (await receive(cli, request, response, secrets)) ? 1 : 0;
    if (received === count) enough.abort();
  };
  const server = createServer((request, response) => void take(request, response));
  await open(server, port);
  const address = `http://${HOST}:${(server.address() as AddressInfo).port}/`;
  let made: string | null = null;
  try {
    if (makes) {
      const endpoint = await spillway.webhookEndpoints.create({ url: url ?? address });
      made = endpoint.id;
      secrets.push(endpoint.secret);
    }
    cli.out.note(`Listening at ${address}${url === undefined ? "" : ` for ${url}`}. Ctrl-C ends it.`);
    await aborted(AbortSignal.any([enough.signal, cli.terminal.signal]));
  } finally {
    server.close();
    server.closeAllConnections();
    if (made !== null) await remove(cli, spillway, made);
  }
  // Ctrl-C is how this command ends.
  cli.exitCode = EXIT_CODES.ok;
}

function knownSecrets({ terminal, options }: Cli): string[] {
  const { current, logins } = readLogins(loginsPath(terminal));
  const saved = logins[options.login ?? current ?? ""]?.webhook_secret;
  return [terminal.env[SECRET] ?? "", saved ?? ""].filter((secret) => secret !== "");
}

async function open(server: Server, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(error.code === "EADDRINUSE" ? usageError(`Port ${port} is in use: choose another with --port.`) : error),
    );
    server.listen(port, HOST, resolve);
  });
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

/** The interrupt that ended the command must not end this call too. */
async function remove(cli: Cli, spillway: Spillway, id: string): Promise<void> {
  try {
    await cli.uninterrupted(() => spillway.webhookEndpoints.delete(id));
  } catch {
    cli.out.warn(`The endpoint ${id} is still there: spillway webhooks endpoints delete ${id} --yes`);
  }
}

/** @returns whether the webhook is valid. */
async function receive(
  cli: Cli,
  request: IncomingMessage,
  response: ServerResponse,
  secrets: readonly string[],
): Promise<boolean> {
  const answer = (status: number, text: string) => response.writeHead(status).end(text);
  try {
    if (request.method !== "POST") return (void answer(405, "Webhooks are sent by POST.\n"), false);
    const body = await bodyOf(request);
    if (body === null) return (void answer(413, "No webhook is that large.\n"), false);
    const event = verifyWebhook(body, request.headers, secrets);
    answer(204, "");
    const id = String(request.headers["webhook-id"]);
    cli.out.item({ webhook_id: id, ...event }, lineOf(event));
    return true;
  } catch (thrown) {
    const why = thrown instanceof SpillwayError ? thrown.detail : "It cannot be read.";
    cli.out.warn(`A request was rejected: ${printable(why)}`);
    if (!response.headersSent) answer(400, "The signature does not match.\n");
    return false;
  }
}

async function bodyOf(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes > MAX_BODY_BYTES) return null;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function lineOf({ type, timestamp, data }: WebhookEvent): string {
  return printable(`${timestamp}  ${type}  ${JSON.stringify(data)}`);
}
