/**
 * What the suite's files share: one service, one Chromium, and the gate before the bucket. They start when the first
 * file asks for them, so that other suites do not wait, and a run without such files pays nothing.
 */

import { createServer, type ServerResponse } from "node:http";
import { type BrowserServer, chromium } from "playwright-core";
import { LiveStack } from "../live/support.ts";
import { BucketGate } from "./bucket-gate.ts";

/** Debian's package. */
export const CHROMIUM = "/usr/bin/chromium";

/** What a test file gets to know. */
export interface Stage {
  /** The service's, by the name that browsers trust with `Secure` cookies. */
  origin: string;
  /** The bucket's, as the links of files have it. */
  bucketOrigin: string;
  /** The folder of the service's databases. */
  state: string;
  /** Where playwright connects to the browser. */
  browser: string;
}

/** A small server by which test files, which are processes of their own, reach the stage. */
export interface Door {
  address: string;
  close: () => Promise<void>;
}

export async function openDoor(): Promise<Door> {
  const stage = new SharedStage();
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://door");
    const pattern = searchParams.get("pattern") ?? "";
    if (pathname === "/hold") stage.gate.hold(pattern);
    else if (pathname === "/release") stage.gate.release(pattern);
    else if (pathname === "/log") return answer(response, stage.log);
    else
      return void stage.started().then(
        (facts) => answer(response, facts),
        (thrown: unknown) => answer(response, String(thrown), 500),
      );
    return answer(response, null);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The door has no port.");
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await stage.close();
  };
  return { address: `http://127.0.0.1:${address.port}`, close };
}

function answer(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

class SharedStage {
  readonly gate = new BucketGate();
  #starting: Promise<Stage> | null = null;
  #stack: LiveStack | null = null;
  #browser: BrowserServer | null = null;

  /** The last of what the service wrote. */
  get log(): string {
    return this.#stack?.log ?? "";
  }

  started(): Promise<Stage> {
    return (this.#starting ??= this.#start());
  }

  async #start(): Promise<Stage> {
    const bucketOrigin = `http://localhost:${await this.gate.listen()}`;
    const endpoint = `BUCKET_ENDPOINT:${bucketOrigin}/cdn-cgi/local/r2/s3`;
    // The defaults, whatever this machine's .dev.vars has.
    this.#stack = new LiveStack(["--env-file", "scripts/stack/local.vars", "--var", endpoint]);
    const launching = chromium.launchServer({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
    [this.#browser] = await Promise.all([launching, this.#stack.start()]);
    this.gate.target = new URL(this.#stack.origin);
    return {
      origin: this.#stack.origin.replace("127.0.0.1", "localhost"),
      bucketOrigin,
      state: this.#stack.file("state"),
      browser: this.#browser.wsEndpoint(),
    };
  }

  /** Also after a start that failed. */
  async close(): Promise<void> {
    await this.#starting?.catch(() => {});
    await this.#browser?.close();
    await this.#stack?.remove();
    await this.gate.close();
  }
}

declare module "vitest" {
  interface ProvidedContext {
    /** Answers with the stage, once it has started. Null: there is no Chromium. */
    browserDoor: string | null;
  }
}
