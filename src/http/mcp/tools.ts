/** The tools of an assistant. A new one is an entry here. None cancels, deletes, changes settings or sends events. */

import { invalid } from "../../errors.ts";
import type { Route } from "../route.ts";
import { schemaOfAnyRequest } from "./argument-schemas.ts";
import { DATASET_TOOLS } from "./dataset-tools.ts";
import {
  estimateSentence,
  exportSentence,
  pageSentence,
  shortVerification,
  verificationSentence,
  withoutLinks,
} from "./export-words.ts";
import { type OperationTool, operationTool } from "./operation-tool.ts";
import type { Arguments, Tool } from "./tool.ts";

/** By the id of the operation behind each. */
const OPERATION_TOOLS: Record<string, OperationTool> = {
  estimateExport: {
    name: "estimate_export",
    title: "Estimate an export",
    description:
      "Tells how many rows, files and bytes an export would have, and warns of names that the space does not have. Creates nothing. Use it before create_export, with the same arguments.",
    inputSchema: schemaOfAnyRequest,
    check: requireStoredDestination,
    sentence: estimateSentence,
  },
  createExport: {
    name: "create_export",
    title: "Create an export",
    description:
      "Creates an export of everything that the space has now, in the background. By default a space may create five a minute, and have ten under way. Then call get_export until its status is completed. Give every export that is wanted an idempotency_key, and repeat a call that failed with the same one.",
    hints: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
    inputSchema: schemaOfAnyRequest,
    idempotent: true,
    check: requireStoredDestination,
    show: withoutLinks,
    sentence: exportSentence,
  },
  getExport: {
    name: "get_export",
    title: "Get an export",
    description:
      "Shows an export's status, progress, error and files. Waiting for one that is queued or processing, call it again after the seconds that the answer names.",
    show: withoutLinks,
    sentence: exportSentence,
  },
  verifyExport: {
    name: "verify_export",
    title: "Verify an export's files",
    description:
      "Reads every file of a completed export back from where it is, and compares it with what was written. Changes no file. Counts as a create. What is missing or changed is also told to the space's webhook endpoints.",
    hints: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: true },
    show: shortVerification,
    sentence: verificationSentence,
  },
  getExportLoadStatements: {
    name: "load_statements",
    title: "Statements to load an export",
    description:
      "Gives the statements that make a table of a completed export's columns and load its files into a database or a warehouse. Credentials in them are placeholders. Show them to the person: they run elsewhere.",
    show: ({ text }) => ({ statements: text }),
    sentence: () => "The statements, with placeholders for credentials.",
  },
  listExports: {
    name: "list_exports",
    title: "List exports",
    description: "Lists the space's exports, newest first, with their requests and status.",
    limit: { default: 10, max: 50 },
    sentence: pageSentence("export"),
  },
  listEventDefinitions: {
    name: "list_event_definitions",
    title: "List event definitions",
    description:
      "Lists the events that the space knows, with their ids and properties, by id: what event_names and columns may name. q finds a text in ids and names. Shows no event and no person.",
    limit: { default: 20, max: 50 },
    sentence: pageSentence("definition"),
  },
  listEvents: {
    name: "list_events",
    title: "List events",
    description:
      "Shows some events as rows, oldest first: to see what events look like, or one person's events. It reads personal data into the conversation. For many rows create an export.",
    limit: { default: 20, max: 100 },
    sentence: pageSentence("row"),
  },
};

/**
 * An assistant delivers to the service's own bucket or to a stored destination, and sets no address for a webhook: what
 * it reads could talk it into sending a space's data elsewhere.
 * @throws invalid_request.
 */
function requireStoredDestination({ delivery, callback_url: address }: Arguments): void {
  const inline = typeof delivery === "object" && delivery !== null ? Object.entries(delivery) : [];
  const faults = inline
    .filter(([name, value]) => name !== "type" && name !== "destination_id" && value !== null)
    .map(([name]) => ({
      pointer: `/delivery/${name}`,
      detail: `${name} is not accepted from an assistant: name a destination that the space has stored, by destination_id.`,
    }));
  if (address !== undefined && address !== null)
    faults.push({
      pointer: "/callback_url",
      detail:
        "callback_url is not accepted from an assistant: webhook endpoints of the space are told of every export.",
    });
  if (faults.length > 0) throw invalid(...faults);
}

export const TOOL_NAMES: readonly string[] = [...DATASET_TOOLS, ...Object.values(OPERATION_TOOLS)].map(
  ({ name }) => name,
);

/** Every tool by its name, in the order of the list. @param routes every operation of the API. */
export function toolsOf(routes: readonly Route[]): ReadonlyMap<string, Tool> {
  const tools = [...DATASET_TOOLS];
  for (const [operationId, words] of Object.entries(OPERATION_TOOLS)) {
    const operation = routes.find((each) => each.operationId === operationId);
    if (operation === undefined) throw new Error(`no operation is named ${operationId}`);
    tools.push(operationTool(words, operation));
  }
  return new Map(tools.map((tool) => [tool.name, tool]));
}
