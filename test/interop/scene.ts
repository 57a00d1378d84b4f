/**
 * The service with a real S3 and STS beside it, for all tests of a suite: a gateway, the service that assumes roles
 * there, and a recorder on each way, so that a test sees what was signed and sent, and what was answered to whom.
 */

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe } from "vitest";
import { type Gateway, missingPrograms, startGateway } from "../../scripts/peers/gateway.ts";
import { linesOf, settingsFor } from "../../scripts/peers/users.ts";
import { CUSTOMER, CUSTOMER_BUCKET } from "../../scripts/peers/identities.ts";
import { freePort, ROOT } from "../../scripts/stack.ts";
import { LiveStack, openShop, type Shop } from "../live/support.ts";
import { BucketOf, type Keys } from "./bucket.ts";
import { Recorder } from "./recorder.ts";

const START_WITHIN_MS = 120_000;
/** The encryption key of stored secrets, so that the tests know which values must not occur. */
export const SECRETS_KEY = "interop:aW50ZXJvcC1zdWl0ZS1zZWFsaW5nLWtleS0wMDAwMDE=";
// Tests ask more often than a customer may.
const VARS = ["CREATE_LIMIT:1000", "POLL_LIMIT:10000", "WRITE_LIMIT:100000", "API_LIMIT:100000"].flatMap((setting) => [
  "--var",
  setting,
]);

interface Running {
  folder: string;
  gateway: Gateway;
  toStore: Recorder;
  service: LiveStack;
  toService: Recorder;
  shop: Shop;
}

export class Scene {
  /** All that wrangler and the Worker wrote. */
  readonly lines: string[] = [];
  #running: Running | null = null;

  get gateway(): Gateway {
    return this.#now.gateway;
  }

  /** Between the service and the gateway. */
  get toStore(): Recorder {
    return this.#now.toStore;
  }

  /** Between the tests and the service. */
  get toService(): Recorder {
    return this.#now.toService;
  }

  /** The service itself: what is asked here is not recorded. */
  get service(): string {
    return this.#now.service.origin;
  }

  get shop(): Shop {
    return this.#now.shop;
  }

  /** Where the service keeps its rows. */
  get stateFolder(): string {
    return this.#now.service.file("state");
  }

  /** The customer's bucket, with its owner's keys or with these keys. Bypasses the recorder. */
  bucket(keys: Keys = CUSTOMER): BucketOf {
    return new BucketOf(this.gateway.origin, CUSTOMER_BUCKET, keys);
  }

  /** Changes of a test to the service's calls end with the test. */
  leaveAlone(): void {
    if (this.#running !== null) this.#running.toStore.meddle = () => null;
  }

  get #now(): Running {
    if (this.#running === null) throw new Error("nothing runs yet");
    return this.#running;
  }

  async open(): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), "spillway-interop-"));
    const gateway = await startGateway(join(folder, "gateway"), await freePort());
    const toStore = await Recorder.before(gateway.origin);
    const settings = await settingsFile(folder, toStore.origin);
    const service = new LiveStack(["--env-file", settings, ...VARS], (line) => void this.lines.push(line));
    await service.start();
    const toService = await Recorder.before(service.origin);
    this.#running = { folder, gateway, toStore, service, toService, shop: await openShop(toService.origin) };
  }

  async close(): Promise<void> {
    const running = this.#running;
    if (running === null) return;
    await running.toService.close();
    await running.service.remove();
    await running.toStore.close();
    await running.gateway.stop();
    await rm(running.folder, { recursive: true, force: true });
  }
}

/**
 * Secrets go to the Worker by a file: a command line is there for every process of the machine to read. @returns its
 * path.
 */
async function settingsFile(folder: string, sts: string): Promise<string> {
  const example = await readFile(join(ROOT, "scripts", "stack", "local.vars"), "utf8");
  const path = join(folder, "dev.vars");
  // Of two lines for one setting the later one counts.
  await writeFile(path, [example, ...linesOf({ ...settingsFor(sts), SECRETS_KEY }), ""].join("\n"));
  return path;
}

/** Each test of the suite is inside one of these: skipped when no gateway is available. */
export const describeInterop = describe.skipIf(missingPrograms().length > 0);

/** For all tests of a suite; when one fails, the last of what the service wrote is shown. */
export function interopScene(): Scene {
  const scene = new Scene();
  beforeAll(() => scene.open(), START_WITHIN_MS);
  afterEach(({ task }) => {
    scene.leaveAlone();
    if (task.result?.state === "fail") process.stderr.write(`${scene.lines.slice(-40).join("\n")}\n`);
  });
  afterAll(() => scene.close());
  return scene;
}
