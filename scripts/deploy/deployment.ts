/** What the steps of a run work with, and what they find for each other. */

import type { CloudflareApi } from "./api.ts";
import type { TrackedConfig } from "./config.ts";
import { deriveConfig } from "./config.ts";
import {
  type Installation,
  installationsFolder,
  wranglerConfigPath,
  writeInstallation,
  writeWhole,
} from "./installation.ts";
import { nameIn } from "./names.ts";
import type { Operator } from "./operator.ts";
import type { Options } from "./options.ts";
import type { SecretName } from "./secret-names.ts";
import type { Account } from "./sign-in.ts";

export class Deployment {
  readonly options: Options;
  readonly operator: Operator;
  readonly api: CloudflareApi;
  readonly account: Account;
  readonly tracked: TrackedConfig;
  /** Whether the installation's file was there when the run began. */
  readonly recorded: boolean;
  /** The ids of the databases that are there, by name. */
  readonly databaseIds = new Map<string, string>();
  /** Secrets that go up with the code. */
  readonly secrets = new Map<SecretName, string>();
  /** `https://…`, once it is known. */
  origin: string | null = null;
  /** The operator's token, once it is known. */
  adminToken: string | null = null;
  /** The version of the Worker that this run deploys, or found. */
  version: string | null = null;
  /** The version that is gone back to where the new one fails. */
  before: string | null = null;
  /** Whether the upload of the code has set crons, queues' consumers and addresses already. */
  triggersSet = false;
  installation: Installation;

  constructor(
    given: Pick<Deployment, "options" | "operator" | "api" | "account" | "tracked" | "recorded" | "installation">,
  ) {
    this.options = given.options;
    this.operator = given.operator;
    this.api = given.api;
    this.account = given.account;
    this.tracked = given.tracked;
    this.recorded = given.recorded;
    this.installation = given.installation;
  }

  /** The Worker's name. */
  get worker(): string {
    return nameIn(this.options.environment, this.tracked.name);
  }

  /** @param path of the API, after the account's. */
  path(path: string): string {
    return `/accounts/${this.account.id}${path}`;
  }

  /** The path of the Worker in the API. */
  script(path = ""): string {
    return this.path(`/workers/scripts/${this.worker}${path}`);
  }

  /** Changes the installation's file. `--plan` changes none. */
  save(changed: Partial<Installation>): void {
    this.installation = { ...this.installation, ...changed };
    if (!this.options.plan) writeInstallation(this.options.environment, this.installation);
  }

  /** The configuration that wrangler gets, with the ids that are known. */
  config(): Record<string, unknown> {
    const { installation, databaseIds: ids } = this;
    return deriveConfig(this.tracked, {
      environment: this.options.environment,
      installation,
      ids,
      folder: installationsFolder(),
    });
  }

  /** Writes the configuration. @returns wrangler's arguments that name it. */
  writeConfig(): string[] {
    const path = wranglerConfigPath(this.options.environment);
    writeWhole(path, `${JSON.stringify(this.config(), null, 2)}\n`);
    return ["--config", path];
  }
}
