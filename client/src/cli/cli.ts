/** What the commands of one run share: the terminal, the options that every command takes, the service, the output. */

import type { Command } from "commander";
import { Spillway } from "../index.ts";
import { customerIdentity, type Identity, type IdentityOptions, operatorIdentity, originForLogin } from "./identity.ts";
import { EXIT_CODES, type ExitCode } from "./exit-codes.ts";
import { Output } from "./output.ts";
import type { FieldNames } from "./problems.ts";
import { openProgress, type Progress } from "./progress.ts";
import { printable } from "./text.ts";
import type { Terminal } from "./terminal.ts";

/** Options that every command takes. */
export interface GlobalOptions extends IdentityOptions {
  json?: boolean;
  quiet?: boolean;
  verbose?: boolean;
}

/** A service that is away for longer is reported: somebody waits. */
const RETRIES = { attempts: 5, maxWaitMs: 65_000 };

export class Cli {
  readonly terminal: Terminal;
  readonly out: Output;
  readonly #program: Command;
  /** The options of the running command, to name them where the service rejects a field. */
  fields: FieldNames = {};
  /** Of a command that ends without an error. */
  exitCode: ExitCode = EXIT_CODES.ok;
  /** How to go on after an interrupt. */
  afterInterrupt: readonly string[] = [];
  #progress: Progress | null = null;
  #interruptible = true;

  constructor(terminal: Terminal, program: Command) {
    this.terminal = terminal;
    this.#program = program;
    this.out = new Output(terminal, () => this.options);
  }

  get options(): GlobalOptions {
    return this.#program.opts();
  }

  /** The service, as the customer. @throws CommandError without a key. */
  get spillway(): Spillway {
    return this.#open(this.identity);
  }

  /** The service, as the operator. @throws CommandError without a token. */
  get operator(): Spillway {
    return this.#open(operatorIdentity(this.terminal, this.options));
  }

  get identity(): Identity {
    return customerIdentity(this.terminal, this.options);
  }

  /** The service that the operator's calls go to. */
  get operatorOrigin(): string {
    return operatorIdentity(this.terminal, this.options).origin;
  }

  /** The origin that a new login is for. */
  get loginOrigin(): string {
    return originForLogin(this.terminal, this.options);
  }

  /** The service with a key that is not saved yet. */
  withKey(origin: string, key: string): Spillway {
    return this.#open({ origin, key, source: "standard input" });
  }

  /** Opens the only progress. @param label the activity, in a word. */
  progress(label: string): Progress {
    this.endProgress();
    this.#progress = openProgress(this.terminal, this.out, label);
    return this.#progress;
  }

  /** Ends the current progress, so that the terminal is as before. */
  endProgress(): void {
    this.#progress?.end();
    this.#progress = null;
  }

  /** Makes calls that clean up after an interrupt: it does not end them. */
  async uninterrupted<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#interruptible = false;
    try {
      return await work();
    } finally {
      this.#interruptible = true;
    }
  }

  #open({ origin, key }: Identity): Spillway {
    return new Spillway({
      origin,
      key,
      fetch: (request) => this.#fetch(request),
      retries: RETRIES,
      onRetry: ({ error, waitMs }) =>
        this.out.note(`${printable(error.detail)} The call is made again in ${Math.ceil(waitMs / 1_000)} s.`),
      now: () => this.terminal.now(),
      sleep: (ms) => this.terminal.sleep(ms),
    });
  }

  /** With `--verbose` each call has its line: never its headers, query or body, which may have secrets. */
  async #fetch(request: Request): Promise<Response> {
    const began = this.terminal.now();
    const response = await this.terminal.fetch(
      this.#interruptible
        ? new Request(request, { signal: AbortSignal.any([request.signal, this.terminal.signal]) })
        : request,
    );
    if (this.options.verbose === true) {
      const { pathname } = new URL(request.url);
      const took = `${this.terminal.now() - began} ms`;
      const id = response.headers.get("x-request-id") ?? "–";
      this.out.warn(`${request.method} ${printable(pathname)} → ${response.status}, ${took}, request id ${id}`);
    }
    return response;
  }
}
