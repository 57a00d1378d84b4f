/** docs/built-in-events.md has the catalogue: `npm test -- test/docs -u` writes it anew. */

import { expect, it } from "vitest";
import { BUILT_INS } from "../../src/ingest/catalogue/catalogue.ts";
import { propertyDescriptionOf } from "../../src/ingest/catalogue/property-descriptions.ts";

/** Of each category: its heading, and whether its events are accepted from the start. */
const CATEGORIES = {
  template: ["Template events", true],
  people: ["People events", false],
  channel: ["Channel events", true],
  product: ["Product events", false],
  conversion: ["Conversions", true],
} as const;

/** The rows of a table. */
const rows = (cells: readonly (readonly string[])[]) => cells.map((row) => `| ${row.join(" | ")} |`).join("\n");
const isCustom = (id: string) => id.startsWith("custom_event_") && id !== "custom_event_1";

function page(): string {
  const sections = Object.entries(CATEGORIES).map(([category, [title, enabled]]) => {
    const own = BUILT_INS.filter((each) => each.category === category && !isCustom(each.id));
    const table = own.map(({ id, description, properties }) => [
      id === "custom_event_1" ? "`custom_event_1` to `custom_event_50`" : `\`${id}\``,
      description,
      properties.map(({ name, required }) => `\`${name}\`${required ? "!" : ""}`).join(", "),
    ]);
    const start = enabled ? "Enabled from the start." : "Disabled until you enable them.";
    return `## ${title}\n\n${start}\n\n${rows([["id", "tells", "properties"], ["---", "---", "---"], ...table])}\n`;
  });
  const told = new Map<string, string>();
  for (const { id, properties } of BUILT_INS)
    for (const { name, type } of properties)
      told.set(JSON.stringify([name, type, propertyDescriptionOf(id, name)]), name);
  const properties = [...told].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([text]) => JSON.parse(text) as string[]);
  const table = properties.map(([name, type = "", description = ""]) => [`\`${name}\``, type, description]);
  const titles = [...Object.values(CATEGORIES).map(([title]) => title), "Properties"];
  const contents = titles.map((title) => `- [${title}](#${title.toLowerCase().replaceAll(" ", "-")})`).join("\n");
  return `# Built-in events

Every space has these ${BUILT_INS.length} event definitions. \`GET /v1/event-definitions\` shows them with their properties, whose names
are followed by \`!\` here where they are required. See [event definitions](importing.md#event-definitions).

${contents}

${sections.join("\n")}
## Properties

${rows([["name", "type", "tells"], ["---", "---", "---"], ...table])}
`;
}

it("the page of built-in events has the catalogue", async () => {
  await expect(page()).toMatchFileSnapshot("../../docs/built-in-events.md");
});
