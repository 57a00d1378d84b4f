/** `profile_events`: a record is an event of any definition, with its profile's identifiers. */

import { EVENTS } from "../../db/events/event-range.ts";
import type { EventRecord } from "../../db/events/events.ts";
import { iso } from "../../time/names.ts";
import type { Column } from "../column.ts";
import type { Dataset } from "../dataset.ts";
import { columnsWithin } from "../event-columns.ts";
import { filledGroups } from "../event-properties.ts";
import { schemaOf } from "../event-schema.ts";
import { eventKey, type EventQuery, freezeEvents, rangeSource } from "../event-source.ts";
import { propertiesAt } from "../open-object.ts";
import { quote } from "../json-text.ts";
import { NDJSON } from "../lines.ts";
import { withOwners } from "../merged-people.ts";
import { EventNames } from "../wildcards.ts";
import { IdentifierRow, Identifiers, IDENTIFIERS_HELP, identifiedPages, warnOfIdentifiers } from "./identifiers.ts";
import { readWindow, schedulable, windowShape } from "./window.ts";

const shape = {
  ...windowShape,
  event_names: EventNames.optional().describe(
    "Ids of event definitions; `*` matches any characters. Default: every event.",
  ),
  identifiers: Identifiers.optional().describe(
    `The identifiers of the event's profile that a row has in \`identifiers\`. ${IDENTIFIERS_HELP}`,
  ),
} as const;

interface Query extends EventQuery {
  identifiers: string[];
  secret: string;
}

export const profileEvents: Dataset<typeof shape, Query> = {
  name: "profile_events",
  title: "Events with the identifiers of their profiles",
  shape,
  example: {
    from: "2026-01-01T00:00:00.000Z",
    to: "2026-01-08T00:00:00.000Z",
    event_names: ["order_*"],
    identifiers: ["custom_id"],
  },

  eventNames: (request) => request.event_names ?? [],

  schedulable: schedulable(),

  async freeze(request, context) {
    const window = readWindow(request, context.space, context.now);
    const { frozen } = await freezeEvents(request.event_names, context);
    await warnOfIdentifiers(context, request.identifiers);
    return { ...window, ...frozen, identifiers: request.identifiers ?? [], secret: context.secret };
  },

  tabular: {
    async columns(query, asOf) {
      const name: Column = { path: ["event", "name"], type: "text", required: true };
      return [
        { path: ["event", "id"], type: "text", required: true, edge: "id" },
        name,
        { path: ["event", "timestamp"], type: "date", required: true, edge: "time" },
        { path: ["event", "attributes"], type: "json", required: true },
        ...columnsWithin(["event", "attributes"], await schemaOf(query, asOf), name.path),
        ...new IdentifierRow(query.identifiers).columns(),
      ];
    },
    open: (_query, context) => propertiesAt(["event", "attributes"], context),
  },

  open: (query, snapshot) => ({
    ...rangeSource(snapshot, EVENTS, query, query.definition_ids, (range) => {
      const row = new IdentifierRow(query.identifiers);
      const events = withOwners(snapshot, query, snapshot.events.pages(range), "personId");
      const filled = (page: EventRecord[]) => filledGroups(snapshot, page);
      return identifiedPages(snapshot, row, events, filled, (event) => event.personId, line, eventKey);
    }),
    form: NDJSON,
    files: { cut: "written", secret: query.secret },
  }),
};

const line = (event: EventRecord, identifiers: string) =>
  `{"event":{"id":${quote(event.id)},"name":${quote(event.definitionId)},"timestamp":"${iso(event.occurredAt)}","attributes":${event.properties}},"identifiers":${identifiers}}}`;
