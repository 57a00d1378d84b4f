/** What differs between an import of events and one of profiles. */

import { attributesOf, defineAttributes } from "./define-attributes.ts";
import { define } from "./define.ts";
import { eventMaker, type Item, type Rejection } from "./events.ts";
import { columnsOf, type Mapping } from "./mapping.ts";
import { type ProfileMapping, profileColumnsOf } from "./profile-mapping.ts";
import { profileMaker } from "./profile-rows.ts";
import type { Reader, Row } from "./rows.ts";
import { inProfileBatches, sendProfiles } from "./send-profiles.ts";
import { inBatches, sendBatch, type Sending, type Sent } from "./send.ts";
import type { DefinitionView, Service } from "./service.ts";
import type { Source } from "./source.ts";
import type { Survey } from "./survey.ts";
import { needsSurvey, wantedDefinitions } from "./wanted.ts";

export interface Kind {
  noun: "events" | "profiles";
  /** The columns that the mapping reads; null: all. */
  columns: string[] | null;
  maker: (source: Source, reader: Reader) => (row: Row) => Item | Rejection;
  /** Only the file's values tell what has to be defined. */
  needsSurvey: boolean;
  /** @param survey of the whole file, where one is needed. @returns what was defined, a sentence each. */
  define: (service: Service, survey: Survey | null) => Promise<string[]>;
  cut: (items: Iterable<Item>, pending: Item[]) => Generator<Item[]>;
  send: (batch: readonly Item[], sending: Sending) => Promise<Sent>;
}

const OUTCOMES = {
  created: "was created",
  fits: "exists already with the needed properties, and was not changed",
  "not read": "exists already and was not changed; it could not be checked, because this key has no scope events:read",
};

/** @param batch events per call. @param definitions have the types of properties, for CSV without a mapping. */
export function eventKind(
  mapping: Mapping | null,
  texts: boolean,
  batch: number,
  definitions: ReadonlyMap<string, DefinitionView>,
): Kind {
  return {
    noun: "events",
    columns: mapping === null ? null : columnsOf(mapping),
    maker: (source, reader) => eventMaker(source, reader, mapping, definitions),
    needsSurvey: needsSurvey(mapping, texts),
    async define(service, survey) {
      const outcomes = await define(service, wantedDefinitions(mapping, texts, survey));
      return [...outcomes].map(([id, outcome]) => `The event definition ${id} ${OUTCOMES[outcome]}.`);
    },
    cut: (items, pending) => inBatches(items, pending, batch),
    send: sendBatch,
  };
}

/** @param types of the space's attributes, for CSV without a mapping. */
export function profileKind(mapping: ProfileMapping | null, texts: boolean, types: ReadonlyMap<string, string>): Kind {
  return {
    noun: "profiles",
    columns: mapping === null ? null : profileColumnsOf(mapping),
    maker: (source, reader) => profileMaker(source, reader, mapping, types),
    needsSurvey: false,
    async define(service) {
      if (mapping === null) return [];
      const defined = await defineAttributes(service, attributesOf(mapping, texts));
      return defined.map((id) => `The attribute ${id} was defined.`);
    },
    cut: inProfileBatches,
    send: sendProfiles,
  };
}

/** Every event definition of the space, by its id. */
export async function definitionsOf(service: Service): Promise<Map<string, DefinitionView>> {
  const found = new Map<string, DefinitionView>();
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({ limit: "200", ...(cursor === null ? {} : { cursor }) });
    const page: { data: DefinitionView[]; next_cursor: string | null } = await service.json(
      "GET",
      `/v1/event-definitions?${query.toString()}`,
    );
    for (const definition of page.data) found.set(definition.id, definition);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return found;
}
