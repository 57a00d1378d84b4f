/**
 * `npm run deploy [-- --env NAME] [--plan] …` puts Spillway into an account at Cloudflare, or brings an installation up
 * to date. It may be run at any time, and again after it was interrupted. `--help` lists the options.
 */

import { styleText } from "node:util";
import { readTrackedConfig } from "./deploy/config.ts";
import { Deployment } from "./deploy/deployment.ts";
import { installationPath, NEW_INSTALLATION, readInstallation } from "./deploy/installation.ts";
import { terminalOperator } from "./deploy/operator.ts";
import { asksForHelp, type Options, readOptions, USAGE, withOptions } from "./deploy/options.ts";
import { chooseAccount, signIn } from "./deploy/sign-in.ts";
import { runSteps, type Step } from "./deploy/steps.ts";
import { accountSteps } from "./deploy/steps/account.ts";
import { addressSteps, domainSteps } from "./deploy/steps/address.ts";
import { bucketSteps } from "./deploy/steps/bucket.ts";
import { codeSteps } from "./deploy/steps/code.ts";
import { databaseSteps } from "./deploy/steps/databases.ts";
import { migrationSteps } from "./deploy/steps/migrations.ts";
import { queueSteps } from "./deploy/steps/queues.ts";
import { secretSteps } from "./deploy/steps/secrets.ts";
import { settingSteps } from "./deploy/steps/settings.ts";
import { smokeSteps } from "./deploy/steps/smoke.ts";
import { deployInWorkersBuilds, isWorkersBuild } from "./deploy/workers-builds.ts";

/** In order: checks, what is made once, then what each version needs. */
const STEPS: readonly ((deployment: Deployment) => Step[])[] = [
  accountSteps,
  addressSteps,
  settingSteps,
  databaseSteps,
  queueSteps,
  bucketSteps,
  secretSteps,
  migrationSteps,
  domainSteps,
  codeSteps,
  smokeSteps,
];

async function deploy(options: Options): Promise<void> {
  const operator = terminalOperator(process.stdin.isTTY && !options.yes && !options.plan);
  const before = readInstallation(options.environment);
  const wanted = withOptions(before ?? NEW_INSTALLATION, options);
  const [tracked, api] = await Promise.all([readTrackedConfig(), signIn()]);
  const asked = options.account ?? before?.account ?? process.env["CLOUDFLARE_ACCOUNT_ID"] ?? null;
  const account = await chooseAccount(api, asked, operator);
  if (before?.account !== undefined && before.account !== null && before.account !== account.id)
    throw new Error(
      `The environment ${options.environment} is in the account ${before.account}. Choose another --env for this ` +
        `account, or remove ${installationPath(options.environment)}.`,
    );
  const installation = { ...wanted, account: account.id };
  const deployment = new Deployment({
    options,
    operator,
    api,
    account,
    tracked,
    recorded: before !== null,
    installation,
  });
  let due = 0;
  for (const steps of STEPS) due += await runSteps(steps(deployment), options.plan, operator);
  conclude(deployment, due);
}

function conclude({ options, operator, origin, worker }: Deployment, due: number): void {
  if (options.plan)
    operator.say(
      due === 0 ? "\nNothing to do." : `\n${due} ${due === 1 ? "step" : "steps"} would be taken. Nothing was changed.`,
    );
  else if (due === 0) operator.say(`\nNothing to do: ${worker} answers at ${origin}`);
  else operator.say(`\n${styleText("bold", `${worker} answers at ${origin}`)} and passed its smoke test.`);
}

try {
  if (asksForHelp(process.argv)) console.log(USAGE);
  else if (isWorkersBuild()) await deployInWorkersBuilds();
  else await deploy(readOptions(process.argv.slice(2)));
} catch (thrown) {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  console.error(`\n${styleText("red", "Not deployed.", { stream: process.stderr })} ${message}`);
  if ((process.env["DEBUG"] ?? "") !== "") console.error(thrown);
  process.exitCode = 1;
}
