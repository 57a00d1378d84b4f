/** What a file's events or profiles have, read without sending anything: their first ones, their members and types. */

import type { Item, Rejection } from "./events.ts";
import { RejectionKinds } from "./rejections.ts";
import type { Piece, Row } from "./rows.ts";

/** A type as JSON has it. A list is one of objects; `values` is a list of anything else. */
export type SeenType = "text" | "number" | "boolean" | "list" | "object" | "values";

/** The types of one member, each with the line where it was first seen. */
export interface SeenMember {
  count: number;
  types: Map<SeenType, number>;
  /** The fields of a list's items. */
  fields: Map<string, SeenMember>;
}

export interface SeenDefinition {
  count: number;
  /** The first of its lines. */
  line: number;
  properties: Map<string, SeenMember>;
}

const SHOWN = 3;
/** More definitions than these are no definitions: the column is probably another. */
export const MAX_DEFINITIONS = 200;

export class Survey {
  rows = 0;
  /** Rows that can be sent. */
  valid = 0;
  readonly first: { line: number; json: string }[] = [];
  readonly rejections = new RejectionKinds();
  /** By the id of the definition; `MAX_DEFINITIONS` and one at most. */
  readonly definitions = new Map<string, SeenDefinition>();
  /** Of profiles. */
  readonly attributes = new Map<string, SeenMember>();

  add(made: Item | Rejection): void {
    this.rows += 1;
    if (!("json" in made)) {
      this.rejections.add(made);
      return;
    }
    this.valid += 1;
    if (this.first.length < SHOWN) this.first.push({ line: made.line, json: made.json });
    const { properties, attributes } = JSON.parse(made.json) as { properties?: unknown; attributes?: unknown };
    if (typeof attributes === "object" && attributes !== null) see(this.attributes, attributes, made.line);
    if (typeof made.definitionId !== "string") return;
    const known = this.definitions.get(made.definitionId);
    if (known === undefined && this.definitions.size > MAX_DEFINITIONS) return;
    const definition = known ?? { count: 0, line: made.line, properties: new Map<string, SeenMember>() };
    this.definitions.set(made.definitionId, definition);
    definition.count += 1;
    if (typeof properties === "object" && properties !== null) see(definition.properties, properties, made.line);
  }
}

/**
 * Reads rows into a survey.
 * @param isEnough ends the reading early. @param signal an interrupt.
 */
export async function surveyOf(
  pieces: AsyncIterable<Piece>,
  make: (row: Row) => Item | Rejection,
  { isEnough, onProgress }: { isEnough: (survey: Survey) => boolean; onProgress: (done: number) => void },
): Promise<Survey> {
  const survey = new Survey();
  for await (const { rows, done } of pieces) {
    for (const row of rows) {
      survey.add(make(row));
      if (isEnough(survey)) return survey;
    }
    onProgress(done);
  }
  return survey;
}

function see(members: Map<string, SeenMember>, object: object, line: number): void {
  for (const [name, value] of Object.entries(object)) {
    if (value === null || value === undefined) continue;
    const member = members.get(name) ?? { count: 0, types: new Map(), fields: new Map() };
    members.set(name, member);
    member.count += 1;
    const type = typeOf(value);
    if (!member.types.has(type)) member.types.set(type, line);
    if (type === "list") for (const item of value as object[]) see(member.fields, item, line);
  }
}

function typeOf(value: unknown): SeenType {
  if (Array.isArray(value))
    return value.every((item) => typeof item === "object" && item !== null && !Array.isArray(item)) ? "list" : "values";
  if (typeof value === "number" || typeof value === "boolean") return typeof value === "number" ? "number" : "boolean";
  return typeof value === "string" ? "text" : "object";
}
