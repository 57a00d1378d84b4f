/**
 * `npm run destroy -- --env NAME [--with-files] [--confirm WORKER]` takes an installation away, after it has listed
 * what goes and the Worker's name was typed. It may be run again after it was interrupted.
 */

import { rmSync } from "node:fs";
import { styleText } from "node:util";
import { forgetAdminToken } from "./deploy/admin-token.ts";
import { readTrackedConfig } from "./deploy/config.ts";
import { Deployment } from "./deploy/deployment.ts";
import { installationPath, NEW_INSTALLATION, readInstallation, wranglerConfigPath } from "./deploy/installation.ts";
import { terminalOperator } from "./deploy/operator.ts";
import { asksForHelp, readArguments, readOptions } from "./deploy/options.ts";
import { bucketStays, removalSteps } from "./deploy/removal.ts";
import { chooseAccount, signIn } from "./deploy/sign-in.ts";
import { runSteps } from "./deploy/steps.ts";
import { originOf, recoverAddress } from "./deploy/steps/address.ts";
import { ownDatabases } from "./deploy/steps/account.ts";
import { recoverPlace } from "./deploy/steps/databases.ts";

const USAGE = `npm run destroy -- --env NAME [OPTIONS]

  --env NAME         the environment, which must be named
  --account NAME|ID  the account at Cloudflare, where there are several
  --with-files       delete the bucket's files too; without it a bucket with files stays
  --confirm WORKER   the Worker's name, which is asked for otherwise`;

interface Asked {
  environment: string;
  account: string | null;
  withFiles: boolean;
  confirm: string | null;
}

function readAsked(): Asked {
  const { values } = readArguments("destroy", {
    options: {
      env: { type: "string" },
      account: { type: "string" },
      "with-files": { type: "boolean", default: false },
      confirm: { type: "string" },
    },
  });
  if (values.env === undefined) throw new Error("Name the environment that is taken away: --env staging");
  return {
    environment: values.env,
    account: values.account ?? null,
    withFiles: values["with-files"],
    confirm: values.confirm ?? null,
  };
}

async function destroy({ environment, account: named, withFiles, confirm }: Asked): Promise<void> {
  // Looking changes nothing, not even the installation's file.
  const options = readOptions(["--env", environment, "--plan"]);
  const operator = terminalOperator(process.stdin.isTTY);
  const file = readInstallation(options.environment);
  const api = await signIn();
  const asked = named ?? file?.account ?? process.env["CLOUDFLARE_ACCOUNT_ID"] ?? null;
  const account = await chooseAccount(api, asked, operator);
  // After a move to another account the file is the new installation's, which stays.
  const isMoved = file !== null && file.account !== null && file.account !== account.id;
  const before = isMoved ? null : file;
  const tracked = await readTrackedConfig();
  const installation = { ...(before ?? NEW_INSTALLATION), account: account.id };
  const recorded = before !== null;
  const deployment = new Deployment({ options, operator, api, account, tracked, recorded, installation });
  await ownDatabases(deployment);
  await recoverAddress(deployment);
  await recoverPlace(deployment);
  deployment.origin = await originOf(deployment);

  operator.say(`This would be taken away from the account ${account.name} (${account.id}), for good:\n`);
  const due = await runSteps(removalSteps(deployment, withFiles), true, operator);
  if (due > 0) {
    const question = `\nType ${deployment.worker} to take it away:`;
    const typed = confirm ?? (operator.answers ? await operator.ask(question) : null);
    if (typed !== deployment.worker)
      throw new Error(`--confirm ${deployment.worker} was not given, and it was not typed. Nothing was deleted.`);
    operator.say("");
    await runSteps(removalSteps(deployment, withFiles), false, operator);
  }
  const said =
    due === 0 ? `Nothing to do: the account has nothing of ${deployment.worker}` : `${deployment.worker} is taken away`;
  if (await bucketStays(deployment)) return operator.say(`\n${said}, but for the bucket with its files.`);
  if (!isMoved) forget(deployment);
  operator.say(`\n${said}.`);
}

/** What this machine keeps of the installation. */
function forget({ options, origin }: Deployment): void {
  if (origin !== null) forgetAdminToken(origin);
  for (const path of [installationPath(options.environment), wranglerConfigPath(options.environment)])
    rmSync(path, { force: true });
}

try {
  if (asksForHelp(process.argv)) console.log(USAGE);
  else await destroy(readAsked());
} catch (thrown) {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  console.error(`\n${styleText("red", "Not taken away.", { stream: process.stderr })} ${message}`);
  if ((process.env["DEBUG"] ?? "") !== "") console.error(thrown);
  process.exitCode = 1;
}
