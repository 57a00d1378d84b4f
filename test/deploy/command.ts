/**
 * `npm run deploy` and `npm run destroy` as an operator of one account runs them: child processes with the real
 * wrangler, whose Cloudflare is the stand-in. What they print, their arguments and their files are kept.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { ENVIRONMENT, ROOT } from "../../scripts/stack.ts";
import { Cloudflare, type Match, type RecordedCall } from "../support/cloudflare/server.ts";
import { snapshot } from "../support/cloudflare/snapshot.ts";
import type { Account } from "../support/cloudflare/state.ts";

const REACH = new URL("../support/cloudflare/reach.ts", import.meta.url).href;

export interface Run {
  /** 0: deployed; null: killed. */
  code: number | null;
  output: string;
  /** Calls of this run that change something. */
  writes: RecordedCall[];
}

export interface RunOptions {
  /** Variables beside those of every run; an undefined one is taken away. */
  environment?: Readonly<Record<string, string | undefined>>;
  /** Kills the command and whatever it has started once a call that matches has had its effect. */
  killAfter?: Match;
}

export class OperatorsDesk {
  readonly cloudflare: Cloudflare;
  readonly account: Account;
  /** The operator's files: installations, logins, and what the processes were started with. */
  readonly folder = mkdtempSync(join(tmpdir(), "spillway-operator-"));
  readonly #outputs: string[] = [];

  private constructor(cloudflare: Cloudflare, settings: Partial<Account>) {
    this.cloudflare = cloudflare;
    this.account = cloudflare.addAccount(settings);
  }

  /** @param settings of the account, which is empty otherwise. */
  static async open(settings: Partial<Account> = {}): Promise<OperatorsDesk> {
    return new OperatorsDesk(await new Cloudflare().start(), settings);
  }

  async close(): Promise<void> {
    await this.cloudflare.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  deploy(args: readonly string[], options: RunOptions = {}): Promise<Run> {
    return this.#run("deploy.ts", args, options);
  }

  destroy(args: readonly string[], options: RunOptions = {}): Promise<Run> {
    return this.#run("destroy.ts", args, options);
  }

  snapshot(): ReturnType<typeof snapshot> {
    return snapshot(this.account);
  }

  /** All that the runs have printed. */
  get printed(): string {
    return this.#outputs.join("\n");
  }

  /** The arguments of every Node process so far, one a line. */
  get argumentLists(): string {
    return readFileSync(join(this.folder, "arguments"), "utf8");
  }

  /** @returns the text of the files of installations, all in one. */
  installationFiles(): string {
    const folder = join(this.folder, "installations");
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"))
      .join("\n");
  }

  async #run(script: string, args: readonly string[], { environment = {}, killAfter }: RunOptions): Promise<Run> {
    const before = this.cloudflare.writes().length;
    const child = spawn(process.execPath, [join(ROOT, "scripts", script), ...args], {
      cwd: ROOT,
      env: this.#environment(environment),
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    if (killAfter !== undefined) this.cloudflare.onceAfter(killAfter, () => kill(child));
    let output = "";
    child.stdout.on("data", (data) => (output += String(data)));
    child.stderr.on("data", (data) => (output += String(data)));
    const code = await new Promise<number | null>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", resolve);
    });
    const printed = stripVTControlCharacters(output);
    this.#outputs.push(printed);
    return { code, output: printed, writes: this.cloudflare.writes().slice(before) };
  }

  #environment(changed: NonNullable<RunOptions["environment"]>): NodeJS.ProcessEnv {
    const { accessKeyId, secretAccessKey } = this.account.bucketKeys;
    const { CI: _ci, NODE_OPTIONS: _options, VITEST: _vitest, ...inherited } = ENVIRONMENT as NodeJS.ProcessEnv;
    return {
      ...inherited,
      ...this.cloudflare.environment,
      NODE_OPTIONS: `--import=${REACH}`,
      ARGUMENTS_FILE: join(this.folder, "arguments"),
      SPILLWAY_INSTALLATIONS: join(this.folder, "installations"),
      SPILLWAY_CONFIG: join(this.folder, "logins.json"),
      WRANGLER_LOG_PATH: join(this.folder, "logs"),
      BUCKET_ACCESS_KEY_ID: accessKeyId,
      BUCKET_SECRET_ACCESS_KEY: secretAccessKey,
      ...changed,
    };
  }
}

function kill({ pid }: ChildProcess): void {
  if (pid !== undefined) process.kill(-pid, "SIGKILL");
}
