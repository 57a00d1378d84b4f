/** Event definitions: which events a space takes, and which properties they have. */

import {
  createEventDefinition,
  deleteEventDefinition,
  getEventDefinition,
  getEventDefinitionVersion,
  growEventDefinition,
  listEventDefinitions,
  listEventDefinitionVersions,
  listSections,
} from "../generated/sdk.gen.ts";
import type {
  CreateEventDefinitionData,
  EventDefinition,
  GrowEventDefinitionData,
  ListEventDefinitionsData,
  ListEventDefinitionVersionsData,
  Section,
} from "../generated/types.gen.ts";
import type { Pages } from "../pages.ts";
import type { CallOptions, Transport } from "../transport.ts";

export class EventDefinitions {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  list(query?: NonNullable<ListEventDefinitionsData["query"]>, options?: CallOptions): Pages<EventDefinition> {
    return this.#transport.pages(query, (wiring, query) => listEventDefinitions({ ...wiring, query }), options);
  }

  get(id: string, options?: CallOptions): Promise<EventDefinition> {
    return this.#transport.repeatable((wiring) => getEventDefinition({ ...wiring, path: { id } }), options);
  }

  /** @throws `conflict` where the space has the id already. */
  create(body: CreateEventDefinitionData["body"], options?: CallOptions): Promise<EventDefinition> {
    return this.#transport.once((wiring) => createEventDefinition({ ...wiring, body }), options);
  }

  /** Adds properties, or changes the name, the description, or whether the definition is enabled. */
  change(id: string, body: GrowEventDefinitionData["body"], options?: CallOptions): Promise<EventDefinition> {
    return this.#transport.repeatable((wiring) => growEventDefinition({ ...wiring, path: { id }, body }), options);
  }

  delete(id: string, options?: CallOptions): Promise<void> {
    return this.#transport.removal((wiring) => deleteEventDefinition({ ...wiring, path: { id } }), options);
  }

  /** Every version of a definition. */
  versions(
    id: string,
    query?: NonNullable<ListEventDefinitionVersionsData["query"]>,
    options?: CallOptions,
  ): Pages<EventDefinition> {
    return this.#transport.pages(
      query,
      (wiring, query) => listEventDefinitionVersions({ ...wiring, path: { id }, query }),
      options,
    );
  }

  /** The version that the `typeId` of an event in a document names. */
  version(id: string, version: string, options?: CallOptions): Promise<EventDefinition> {
    return this.#transport.repeatable(
      (wiring) => getEventDefinitionVersion({ ...wiring, path: { id, version } }),
      options,
    );
  }

  /** The sections that definitions and attributes are in. */
  sections(options?: CallOptions): Pages<Section> {
    return this.#transport.pages({}, (wiring, query) => listSections({ ...wiring, query }), options);
  }
}
