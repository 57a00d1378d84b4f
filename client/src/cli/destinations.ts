/** `destinations`: buckets of the customer that exports are written to. */

import { type Command, Option } from "commander";
import type { Destination, DestinationTest } from "../generated/types.gen.ts";
import type { Cli } from "./cli.ts";
import { usageError } from "./command-error.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { confirm, given, listing, readJson } from "./resource.ts";
import { printable } from "./text.ts";

const PROVIDERS = Object.keys({ aws: true, r2: true, gcs: true, ceph: true, generic: true } satisfies Record<
  Destination["provider"],
  true
>);
const SECRET = "SPILLWAY_SECRET_ACCESS_KEY";

interface DestinationOptions {
  name?: string;
  bucket?: string;
  region?: string;
  endpoint?: string;
  directoryPath?: string;
  roleArn?: string;
  accessKeyId?: string;
  sse?: string;
  kmsKeyId?: string;
  provider?: string;
  pathStyle?: boolean;
  storageClass?: string;
  keyTemplate?: string;
  file?: string;
  yes?: boolean;
}

export function addDestinations(program: Command, cli: Cli): void {
  const destinations = program.command("destinations").description("buckets that exports are written to");

  listing(destinations.command("list"), cli, {
    description: "destinations of the space",
    columns: [
      { title: "id", value: (destination: Destination) => destination.id },
      { title: "name", value: (destination) => destination.name },
      { title: "bucket", value: (destination) => destination.bucket },
      { title: "path", value: (destination) => destination.directory_path },
      { title: "region", value: (destination) => destination.region },
      { title: "access", value: (destination) => destination.auth.type },
    ],
    read: ({ limit }) => cli.spillway.destinations.list({ limit }),
  });

  destinations
    .command("show <id>")
    .description("one destination; its secret is never shown")
    .action(async (id: string) => cli.out.thing(await cli.spillway.destinations.get(id)));

  withFields(destinations.command("create <name>"))
    .description(`make a destination; the secret of --access-key-id is read from ${SECRET}`)
    .action(async (name: string, options: DestinationOptions) => {
      // The service checks the fields, and names them.
      const body = { ...(await bodyOf(cli, options)), name } as never;
      cli.out.thing(await cli.spillway.destinations.create(body));
    });

  withFields(destinations.command("change <id>").option("--name <name>", "its name"))
    .description("change the fields that are named")
    .action(async (id: string, options: DestinationOptions) => {
      const body = { ...(await bodyOf(cli, options)), ...given({ name: options.name }) };
      cli.out.thing(await cli.spillway.destinations.change(id, body));
    });

  destinations
    .command("test <id>")
    .description("try it, step by step; each failed step says what to do")
    .action(async (id: string) => {
      const test = await cli.spillway.destinations.test(id);
      cli.out.result(test, stepsOf(test));
      if (test.steps.some(({ status }) => status === "failed")) cli.exitCode = EXIT_CODES.failed;
    });

  destinations
    .command("policies <bucket>")
    .description("the policies of a role for a bucket, ready to paste")
    .option("--directory-path <path>", "the part of the bucket")
    .option("--kms-key-arn <arn>", "the key that encrypts objects")
    .option("--terraform", "as Terraform")
    .action(async (bucket: string, options: { directoryPath?: string; kmsKeyArn?: string; terraform?: boolean }) => {
      const { directoryPath, kmsKeyArn, terraform } = options;
      const query = { bucket, ...given({ directory_path: directoryPath, kms_key_arn: kmsKeyArn }) };
      const policies = await cli.spillway.destinations.policies(query);
      cli.out.result(
        policies,
        terraform === true
          ? [policies.terraform]
          : [
              `# external id: ${policies.external_id}`,
              "# trust policy",
              JSON.stringify(policies.trust_policy, null, 2),
              "# permissions policy",
              JSON.stringify(policies.permissions_policy, null, 2),
            ],
      );
    });

  destinations
    .command("delete <id>")
    .description("forget a destination; files in the bucket stay")
    .option("--yes", "do not ask")
    .action(async (id: string, { yes }: DestinationOptions) => {
      await confirm(cli, `The destination ${id} is removed.`, yes);
      await cli.spillway.destinations.delete(id);
      cli.out.result({ id, deleted: true }, [`The destination ${id} is removed.`]);
    });
}

function withFields(command: Command): Command {
  return command
    .option("--bucket <name>", "the bucket")
    .option("--region <region>", "of the bucket")
    .option("--directory-path <path>", "begins every key")
    .option("--role-arn <arn>", "a role that the service assumes")
    .option("--access-key-id <id>", "an access key instead of a role")
    .option("--endpoint <url>", "of a store that is not AWS")
    .addOption(new Option("--provider <name>", "the kind of store").choices(PROVIDERS))
    .option("--path-style", "the bucket's name is in the path of addresses")
    .option("--no-path-style", "the bucket's name is in the host of addresses")
    .addOption(new Option("--sse <kind>", "encryption of the objects").choices(["AES256", "aws:kms"]))
    .option("--kms-key-id <id>", "the key of aws:kms")
    .option("--storage-class <class>", "of the objects")
    .option("--key-template <template>", "how keys are made")
    .option("--file <file>", "the destination as JSON (- for standard input); options replace its fields");
}

/** Where the fields of a destination's parts come from. */
const PART_FIELDS = {
  "auth/role_arn": "--role-arn",
  "auth/access_key_id": "--access-key-id",
  "auth/secret_access_key": SECRET,
  auth: "--role-arn or --access-key-id",
  "encryption/sse": "--sse",
  "encryption/kms_key_id": "--kms-key-id",
};

async function bodyOf(cli: Cli, options: DestinationOptions): Promise<Record<string, unknown>> {
  cli.fields = { ...cli.fields, ...PART_FIELDS };
  const { roleArn, accessKeyId, sse, kmsKeyId } = options;
  if (roleArn !== undefined && accessKeyId !== undefined)
    throw usageError("--role-arn and --access-key-id are two ways: use one of them.");
  const secret = cli.terminal.env[SECRET] ?? "";
  if (accessKeyId !== undefined && secret === "")
    throw usageError(`--access-key-id needs the secret of the key in ${SECRET}: options are seen by other processes.`);
  const auth =
    roleArn !== undefined
      ? { type: "role", role_arn: roleArn }
      : accessKeyId === undefined
        ? undefined
        : { type: "keys", access_key_id: accessKeyId, secret_access_key: secret };
  return {
    ...(options.file === undefined ? {} : await readJson(cli, options.file)),
    ...given({
      bucket: options.bucket,
      region: options.region,
      endpoint: options.endpoint,
      directory_path: options.directoryPath,
      provider: options.provider,
      path_style: options.pathStyle,
      storage_class: options.storageClass,
      key_template: options.keyTemplate,
      auth,
      encryption: sse === undefined ? undefined : { sse, ...given({ kms_key_id: kmsKeyId }) },
    }),
  };
}

function stepsOf({ steps }: DestinationTest): string[] {
  return steps.map(({ name, status, detail }) => `${status.padEnd(7)}  ${name}: ${printable(detail)}`);
}
