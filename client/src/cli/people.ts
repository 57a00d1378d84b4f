/** `profiles`: people with their identifiers, attributes and tags. */

import type { Command } from "commander";
import type { Profile, ProfileDeletion } from "../generated/types.gen.ts";
import type { ProfileChange } from "../resources/profiles.ts";
import type { Cli } from "./cli.ts";
import { usageError } from "./command-error.ts";
import { confirm, given, listing, names, parseJson, readText } from "./resource.ts";
import { counted } from "./text.ts";

interface ProfileOptions {
  externalPersonId?: string;
  companyId?: string;
  customId?: string;
  attribute?: Record<string, unknown>;
  tags?: string[];
  yes?: boolean;
}

/** @returns the `profiles` command, for others to add to. */
export function addProfiles(program: Command, cli: Cli): Command {
  const profiles = program.command("profiles").description("people: identifiers, attributes, tags");

  listing(
    profiles
      .command("list")
      .option("--external-person-id <id>", "the one with this id")
      .option("--custom-id <id>", "the one with this id"),
    cli,
    {
      description: "profiles, by person id",
      columns: [
        { title: "person id", value: (profile: Profile) => profile.person_id },
        { title: "external id", value: (profile) => profile.external_person_id },
        { title: "attributes", value: (profile) => Object.keys(profile.attributes).length, right: true },
        { title: "tags", value: (profile) => profile.tags.join(" ") },
        { title: "updated", value: (profile) => profile.updated_at },
      ],
      read: ({ limit, externalPersonId, customId }) =>
        cli.spillway.profiles.list({
          limit,
          ...given({
            external_person_id: externalPersonId as string | undefined,
            custom_id: customId as string | undefined,
          }),
        }),
    },
  );

  profiles
    .command("show <person_id>")
    .description("one profile")
    .action(async (id: string) => {
      const profile = await cli.spillway.profiles.get(id);
      cli.out.thing({ id: profile.person_id, ...profile }, { ...profile });
    });

  profiles
    .command("put [person_id]")
    .description("make or change a profile; without an id, profiles from standard input, a JSON object a line")
    .option("--external-person-id <id>", "the person's id in your own system")
    .option("--company-id <id>", "the person's company")
    .option("--custom-id <id>", "another identifier")
    .option("--attribute <name=value>", "set an attribute; a value that is JSON keeps its type", addAttribute)
    .option("--tags <ids>", "replace the tags", names)
    .action(async (id: string | undefined, options: ProfileOptions) => {
      cli.fields = {
        "profiles/0/person_id": "<person_id>",
        "profiles/0/external_person_id": "--external-person-id",
        "profiles/0/company_id": "--company-id",
        "profiles/0/identifiers/custom_id": "--custom-id",
        "profiles/0/attributes": "--attribute",
        "profiles/0/tags": "--tags",
      };
      const profilesToPut = id === undefined ? await readProfiles(cli) : [profileOf(id, options)];
      const { merged } = await cli.spillway.profiles.put(profilesToPut);
      cli.out.result({ merged }, [`${counted(merged, "profile")} merged.`]);
    });

  profiles
    .command("merge <from> <into>")
    .description("make one person of two, for good: everything of the first belongs to the second")
    .option("--yes", "do not ask")
    .action(async (from: string, into: string, { yes }: ProfileOptions) => {
      await confirm(cli, `${from} becomes a part of ${into} for good.`, yes);
      const merge = await cli.spillway.profiles.merge({ from, into });
      cli.out.result(merge, [`${from} is ${into} from now on.`]);
    });

  profiles
    .command("delete <person_id>")
    .description("erase a person with all events, in the background")
    .option("--yes", "do not ask")
    .action(async (id: string, { yes }: ProfileOptions) => {
      await confirm(cli, `${id} and everything about this person is erased.`, yes);
      cli.out.thing(await cli.spillway.profiles.delete(id));
    });

  listing(profiles.command("deletions"), cli, {
    description: "erasures, with what each removed",
    columns: [
      { title: "id", value: (deletion: ProfileDeletion) => deletion.id },
      { title: "person id", value: (deletion) => deletion.person_id },
      { title: "status", value: (deletion) => deletion.status },
      { title: "events", value: (deletion) => deletion.deleted.events, right: true },
      { title: "requested", value: (deletion) => deletion.requested_at },
    ],
    read: ({ limit }) => cli.spillway.profiles.deletions({ limit }),
  });
  return profiles;
}

function addAttribute(text: string, before: Record<string, unknown> = {}): Record<string, unknown> {
  const at = text.indexOf("=");
  if (at < 1) throw usageError(`--attribute must be NAME=VALUE, not ${JSON.stringify(text)}.`);
  return { ...before, [text.slice(0, at)]: valueOf(text.slice(at + 1)) };
}

/** `3`, `true` and `null` keep their type; whatever is not JSON is a text. */
function valueOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function profileOf(id: string, options: ProfileOptions): ProfileChange {
  const { externalPersonId, companyId, customId, attribute, tags } = options;
  return {
    person_id: id,
    ...given({
      external_person_id: externalPersonId,
      company_id: companyId,
      identifiers: customId === undefined ? undefined : { custom_id: customId },
      attributes: attribute as ProfileChange["attributes"],
      tags,
    }),
  };
}

async function readProfiles(cli: Cli): Promise<ProfileChange[]> {
  const lines = (await readText(cli, "-")).split("\n").filter((line) => line.trim() !== "");
  if (lines.length === 0) throw usageError("Standard input has no profile: a JSON object a line.");
  return lines.map((line, at) => parseJson(line, `Line ${at + 1}`) as ProfileChange);
}
