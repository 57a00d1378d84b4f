/**
 * The people events that follow from a change of a profile, found by comparing the profile before and after it.
 *
 * A new profile gives personCreated, and an …Added event for each of its contacts and tags; …Changed events are for
 * existing profiles. External id, company and type count as standard attributes, as does each attribute whose name
 * starts with $, except those of name, location and contacts. A changed identifier gives contactInformationChanged. An
 * installation is a push contact while it has a push token. personMerged follows from a merge of two profiles, and not
 * from a comparison: see merge.ts.
 */

import type { Installation } from "../db/profiles/profiles.ts";
import { truncate } from "./truncate.ts";

type Value = string | number | boolean;

/** The contents of a profile. */
export interface ProfileState {
  external_person_id: string | null;
  company_id: string | null;
  type: string | null;
  identifiers: Readonly<Record<string, string>>;
  attributes: Readonly<Record<string, Value>>;
  tags: readonly string[];
  installations: readonly Installation[];
}

export interface DerivedEvent {
  definition_id: string;
  properties: Readonly<Record<string, string | null>>;
}

/** The definition of events of changes of attributes that are not native. */
export const ATTRIBUTE_CHANGED = "customAttributeChanged";

/** The definitions that derived events may have. */
export const DERIVED: readonly string[] = [
  "personCreated",
  "nameChanged",
  "locationChanged",
  "standardAttributeChanged",
  ATTRIBUTE_CHANGED,
  "tagAdded",
  "tagRemoved",
  ...["emailAddress", "phoneNumber", "pushContact", "facebookContact"].flatMap((contact) => [
    `${contact}Added`,
    `${contact}Changed`,
    `${contact}Deleted`,
  ]),
  "contactInformationChanged",
  "personMerged",
];

/** Longer values are truncated, so that an event with an old and a new value fits a row. */
const MAX_VALUE_CHARACTERS = 100_000;

const CONTACTS: ReadonlyMap<string, string> = new Map([
  ["$email_address", "emailAddress"],
  ["$phone_number", "phoneNumber"],
  ["$facebook_id", "facebookContact"],
]);
const NAME = new Set(["$first_name", "$middle_name", "$last_name"]);
const LOCATION = new Set(["$address", "$city", "$country"]);

/** An empty profile. */
export const NOBODY: ProfileState = {
  external_person_id: null,
  company_id: null,
  type: null,
  identifiers: {},
  attributes: {},
  tags: [],
  installations: [],
};

/** @param before null: there was no profile. */
export function deriveEvents(before: ProfileState | null, after: ProfileState): DerivedEvent[] {
  const old = before ?? NOBODY;
  const contacts = [...contactAddresses(old, after)].flatMap(([contact, was, is]) => contactEvents(contact, was, is));
  const tags = tagEvents(old.tags, after.tags);
  if (before === null) return [{ definition_id: "personCreated", properties: {} }, ...contacts, ...tags];
  return [...attributeEvents(old, after), ...contacts, ...identifierEvents(old, after), ...tags];
}

/** Whether the service itself makes events of this definition. */
export function isDerived(definition: { id: string; category: string }): boolean {
  return definition.category === "people" && DERIVED.includes(definition.id);
}

/** Whether a definition may name the attributes whose changes give its events. */
export function tracksAttributes(definition: { id: string; category: string }): boolean {
  return definition.id === ATTRIBUTE_CHANGED && isDerived(definition);
}

const keysOf = (a: object, b: object) => new Set([...Object.keys(a), ...Object.keys(b)]);

function valueOf<Of>(record: Readonly<Record<string, Of>>, key: string): Of | null {
  return Object.hasOwn(record, key) ? (record[key] ?? null) : null;
}

function textOf(value: Value | null): string | null {
  return value === null ? null : truncate(String(value), MAX_VALUE_CHARACTERS);
}

/** Each contact with its address before and after. */
function* contactAddresses(old: ProfileState, after: ProfileState): Generator<[string, Value | null, Value | null]> {
  for (const [attribute, contact] of CONTACTS)
    yield [contact, valueOf(old.attributes, attribute), valueOf(after.attributes, attribute)];
  const [were, are] = [pushTokens(old), pushTokens(after)];
  for (const id of new Set([...were.keys(), ...are.keys()]))
    yield ["pushContact", were.get(id) ?? null, are.get(id) ?? null];
}

function pushTokens(state: ProfileState): Map<string, string> {
  return new Map(
    state.installations.flatMap((each) => (each.push_token === null ? [] : [[each.installation_id, each.push_token]])),
  );
}

function contactEvents(contact: string, was: Value | null, is: Value | null): DerivedEvent[] {
  if (was === is) return [];
  const [address, oldAddress] = [textOf(is), textOf(was)];
  if (was === null) return [{ definition_id: `${contact}Added`, properties: { address } }];
  if (is === null) return [{ definition_id: `${contact}Deleted`, properties: { address: oldAddress } }];
  return [{ definition_id: `${contact}Changed`, properties: { address, oldAddress } }];
}

function attributeEvents(old: ProfileState, after: ProfileState): DerivedEvent[] {
  const standard = (["external_person_id", "company_id", "type"] as const).flatMap((name) =>
    changeEvent("standardAttributeChanged", name, old[name], after[name]),
  );
  const attributes = [...keysOf(old.attributes, after.attributes)].toSorted().flatMap((name) => {
    const definition = definitionOf(name);
    if (definition === null) return [];
    return changeEvent(definition, name, valueOf(old.attributes, name), valueOf(after.attributes, name));
  });
  return [...standard, ...attributes];
}

/** The definition of an attribute's change event; null for contacts, which have events of their own. */
function definitionOf(attribute: string): string | null {
  if (CONTACTS.has(attribute)) return null;
  if (NAME.has(attribute)) return "nameChanged";
  if (LOCATION.has(attribute)) return "locationChanged";
  return attribute.startsWith("$") ? "standardAttributeChanged" : ATTRIBUTE_CHANGED;
}

function changeEvent(definition: string, attribute: string, was: Value | null, is: Value | null): DerivedEvent[] {
  if (was === is) return [];
  return [{ definition_id: definition, properties: { attribute, oldValue: textOf(was), newValue: textOf(is) } }];
}

function identifierEvents(old: ProfileState, after: ProfileState): DerivedEvent[] {
  return [...keysOf(old.identifiers, after.identifiers)].toSorted().flatMap((kind) => {
    const is = valueOf(after.identifiers, kind);
    if (valueOf(old.identifiers, kind) === is) return [];
    return [{ definition_id: "contactInformationChanged", properties: { kind, address: is } }];
  });
}

function tagEvents(old: readonly string[], after: readonly string[]): DerivedEvent[] {
  const [were, are] = [new Set(old), new Set(after)];
  const event = (definition: string) => (tag: string) => ({ definition_id: definition, properties: { tag } });
  return [
    ...[...are].filter((tag) => !were.has(tag)).map(event("tagAdded")),
    ...[...were].filter((tag) => !are.has(tag)).map(event("tagRemoved")),
  ];
}
