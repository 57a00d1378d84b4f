/** `segments`: rules that say which people belong to them. */

import type { Command } from "commander";
import type { Segment, SegmentRule } from "../generated/types.gen.ts";
import type { Cli } from "./cli.ts";
import { confirm, listing, parseJson, readText } from "./resource.ts";
import { counted } from "./text.ts";

export function addSegments(program: Command, cli: Cli): void {
  const segments = program.command("segments").description("rules that say which people belong");

  listing(segments.command("list"), cli, {
    description: "segments of the space",
    columns: [
      { title: "id", value: (segment: Segment) => segment.id },
      { title: "name", value: (segment) => segment.name },
      { title: "rule", value: (segment) => segment.rule },
    ],
    read: ({ limit }) => cli.spillway.segments.list({ limit }),
  });

  segments
    .command("show <id>")
    .description("one segment with its rule")
    .action(async (id: string) => cli.out.thing(await cli.spillway.segments.get(id)));

  segments
    .command("put <id>")
    .description("make or replace a segment")
    .option("--name <name>", "default: the id")
    .requiredOption("--rule <json>", 'such as {"attribute":"$country","op":"eq","value":"NL"}; @FILE and - read it')
    .action(async (id: string, { name, rule }: { name?: string; rule: string }) => {
      const file = rule === "-" ? "-" : rule.startsWith("@") ? rule.slice(1) : null;
      const text = file === null ? rule : await readText(cli, file);
      const parsed = parseJson(text, file ?? "--rule") as SegmentRule;
      cli.out.thing(await cli.spillway.segments.put(id, { name: name ?? id, rule: parsed }));
    });

  segments
    .command("count <id>")
    .description("how many people belong to it now")
    .action(async (id: string) => {
      const answer = await cli.spillway.segments.count(id);
      const { count, count_at_least: atLeast } = answer;
      cli.out.result(answer, [
        count === undefined ? `at least ${counted(atLeast ?? 0, "profile")}` : counted(count, "profile"),
      ]);
    });

  segments
    .command("delete <id>")
    .description("remove a segment")
    .option("--yes", "do not ask")
    .action(async (id: string, { yes }: { yes?: boolean }) => {
      await confirm(cli, `The segment ${id} is removed.`, yes);
      await cli.spillway.segments.delete(id);
      cli.out.result({ id, deleted: true }, [`The segment ${id} is removed.`]);
    });
}
