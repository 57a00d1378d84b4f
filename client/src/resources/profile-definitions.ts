/** What profiles may have: attributes, tags and topics. Each kind has the same calls. */

import {
  getAttribute,
  getTag,
  getTopic,
  listAttributes,
  listTags,
  listTopics,
  putAttribute,
  putTag,
  putTopic,
} from "../generated/sdk.gen.ts";
import type {
  Attribute,
  ListAttributesData,
  ListTagsData,
  ListTopicsData,
  PutAttributeData,
  PutTagData,
  PutTopicData,
  Tag,
  Topic,
} from "../generated/types.gen.ts";
import type { Pages } from "../pages.ts";
import type { CallOptions, Transport } from "../transport.ts";

export class Attributes {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  list(query?: NonNullable<ListAttributesData["query"]>, options?: CallOptions): Pages<Attribute> {
    return this.#transport.pages(query, (wiring, query) => listAttributes({ ...wiring, query }), options);
  }

  get(id: string, options?: CallOptions): Promise<Attribute> {
    return this.#transport.repeatable((wiring) => getAttribute({ ...wiring, path: { id } }), options);
  }

  put(id: string, body: PutAttributeData["body"], options?: CallOptions): Promise<Attribute> {
    return this.#transport.repeatable((wiring) => putAttribute({ ...wiring, path: { id }, body }), options);
  }
}

export class Tags {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  list(query?: NonNullable<ListTagsData["query"]>, options?: CallOptions): Pages<Tag> {
    return this.#transport.pages(query, (wiring, query) => listTags({ ...wiring, query }), options);
  }

  get(id: string, options?: CallOptions): Promise<Tag> {
    return this.#transport.repeatable((wiring) => getTag({ ...wiring, path: { id } }), options);
  }

  put(id: string, body: PutTagData["body"], options?: CallOptions): Promise<Tag> {
    return this.#transport.repeatable((wiring) => putTag({ ...wiring, path: { id }, body }), options);
  }
}

export class Topics {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  list(query?: NonNullable<ListTopicsData["query"]>, options?: CallOptions): Pages<Topic> {
    return this.#transport.pages(query, (wiring, query) => listTopics({ ...wiring, query }), options);
  }

  get(id: string, options?: CallOptions): Promise<Topic> {
    return this.#transport.repeatable((wiring) => getTopic({ ...wiring, path: { id } }), options);
  }

  put(id: string, body: PutTopicData["body"], options?: CallOptions): Promise<Topic> {
    return this.#transport.repeatable((wiring) => putTopic({ ...wiring, path: { id }, body }), options);
  }
}
