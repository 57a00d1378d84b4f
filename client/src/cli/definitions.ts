/** `definitions`: which events a space takes, and which properties they have. */

import { type Command, InvalidArgumentError, Option } from "commander";
import type { EventDefinition, EventProperty } from "../generated/types.gen.ts";
import type { Cli } from "./cli.ts";
import { confirm, given, listing, readJson } from "./resource.ts";

type Category = EventDefinition["category"];
type PropertyType = EventProperty["type"];

const CATEGORIES = Object.keys({
  custom: true,
  template: true,
  people: true,
  channel: true,
  product: true,
  conversion: true,
} satisfies Record<Category, true>);
const TYPES: readonly string[] = Object.keys({
  text: true,
  boolean: true,
  date: true,
  number: true,
  list: true,
} satisfies Record<PropertyType, true>);

interface DefinitionOptions {
  name?: string;
  description?: string;
  section?: string;
  property?: EventProperty[];
  enabled?: boolean;
  file?: string;
  yes?: boolean;
}

const PROPERTY = [
  "--property <name:type>",
  "add a property: text, number, boolean, date or list; `amount:number!` is required. May be repeated",
  addProperty,
] as const;
const FILE = ["--file <file>", "the definition as JSON (- for standard input), for fields of lists"] as const;

export function addDefinitions(program: Command, cli: Cli): void {
  const definitions = program.command("definitions").description("event definitions: names and typed properties");

  listing(
    definitions
      .command("list")
      .addOption(new Option("--category <category>", "only these").choices(CATEGORIES))
      .option("--search <text>", "those whose id or name has this text"),
    cli,
    {
      description: "definitions of the space, built in and own",
      columns: [
        { title: "id", value: (definition: EventDefinition) => definition.id },
        { title: "name", value: (definition) => definition.name },
        { title: "category", value: (definition) => definition.category },
        { title: "enabled", value: (definition) => (definition.enabled ? "yes" : "no") },
        { title: "properties", value: (definition) => definition.properties.map(({ name }) => name).join(" ") },
      ],
      read: ({ limit, category, search }) =>
        cli.spillway.eventDefinitions.list({
          limit,
          ...given({ category: category as Category | undefined, q: search as string | undefined }),
        }),
    },
  );

  definitions
    .command("show <id> [version]")
    .description("one definition, or a version of it")
    .action(async (id: string, version: string | undefined) => {
      const { eventDefinitions } = cli.spillway;
      show(cli, version === undefined ? await eventDefinitions.get(id) : await eventDefinitions.version(id, version));
    });

  definitions
    .command("create [id]")
    .description("make a definition; without an id, one is made from the name")
    .option("--name <name>", "default: the id")
    .option("--description <text>", "what it is for")
    .option("--section <id>", "the section that it belongs to")
    .option(...PROPERTY)
    .option(...FILE)
    .action(async (id: string | undefined, options: DefinitionOptions) => {
      cli.fields = { ...cli.fields, properties: "--property", section_id: "--section" };
      const fromFile = options.file === undefined ? {} : await readJson(cli, options.file);
      const { name = id, description, section, property } = options;
      const fields = given({ id, name, description, section_id: section, properties: property });
      // The service checks the file's fields, and names them.
      show(cli, await cli.spillway.eventDefinitions.create({ ...fromFile, ...fields } as never));
    });

  definitions
    .command("change <id>")
    .description("add properties, rename, enable or disable a definition")
    .option("--name <name>", "its name")
    .option("--description <text>", "what it is for")
    .option("--enabled", "take its events")
    .option("--no-enabled", "refuse its events")
    .option(...PROPERTY)
    .option(...FILE)
    .action(async (id: string, options: DefinitionOptions) => {
      cli.fields = { ...cli.fields, properties: "--property" };
      const fromFile = options.file === undefined ? {} : await readJson(cli, options.file);
      const { name, description, enabled, property } = options;
      const fields = given({ name, description, enabled, properties: property });
      show(cli, await cli.spillway.eventDefinitions.change(id, { ...fromFile, ...fields }));
    });

  listing(definitions.command("versions <id>"), cli, {
    description: "every version of a definition",
    columns: [
      { title: "version", value: (definition: EventDefinition) => definition.version, right: true },
      { title: "name", value: (definition) => definition.name },
      { title: "properties", value: (definition) => definition.properties.map(({ name }) => name).join(" ") },
      { title: "since", value: (definition) => definition.updated_at },
    ],
    read: ({ limit }, [id = ""]) => cli.spillway.eventDefinitions.versions(id, { limit }),
  });

  definitions
    .command("delete <id>")
    .description("remove a definition of the space's own")
    .option("--yes", "do not ask")
    .action(async (id: string, { yes }: DefinitionOptions) => {
      await confirm(cli, `The definition ${id} is removed.`, yes);
      await cli.spillway.eventDefinitions.delete(id);
      cli.out.result({ id, deleted: true }, [`The definition ${id} is removed.`]);
    });
}

function show(cli: Cli, definition: EventDefinition): void {
  const { properties, ...fields } = definition;
  const lines = properties.map(({ name, type, required }) => `${name}:${type}${required ? "!" : ""}`);
  cli.out.thing(definition, { ...fields, properties: lines.join(" ") });
}

/** The type is behind the last colon: a name may have colons. */
function addProperty(text: string, before: EventProperty[] = []): EventProperty[] {
  const [, name = "", type = "", required] = /^(.+):([a-z]+)(!?)$/.exec(text) ?? [];
  if (!TYPES.includes(type))
    throw new InvalidArgumentError(`It must be NAME:TYPE, with a type of ${TYPES.join(", ")}.`);
  return [...before, { name, type: type as PropertyType, ...(required === "!" ? { required: true } : {}) }];
}
