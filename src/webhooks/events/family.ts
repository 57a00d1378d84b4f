/**
 * What an event family is: the event types whose bodies have one schema. A family's file declares its types, the
 * schema, an example, and how `data` is rendered from what the outbox stored (the SQL that stores it is in
 * db/exports/outbox.ts).
 */

import * as z from "zod";
import { type ErrorCode, ERRORS, publicError } from "../../errors.ts";

type AnyBody = z.ZodType<{ type: string; timestamp: string; data: object }>;

export interface EventFamily<Body extends AnyBody = AnyBody> {
  /** By event type: when such an event is sent, as the OpenAPI document says it. */
  summaries: Readonly<Record<z.output<Body>["type"], string>>;
  /** The body that a receiver gets. Its `meta().id` names the document's component. */
  body: Body;
  /** Of a family of several types: the body of each, as the document has it. */
  bodies?: Readonly<Record<z.output<Body>["type"], z.ZodType>>;
  example(type: z.output<Body>["type"]): z.output<Body>;
  /** @param stored the `data` column, parsed. @returns the body's `data`, its keys in the order that is sent. */
  data(stored: object): z.output<Body>["data"];
}

export const Time = z.iso
  .datetime()
  .meta({ description: "RFC 3339, UTC, with milliseconds.", example: "2026-01-15T10:23:58.902Z" });

/** An object that forbids no further member: a part of an object, or a body that may get more later. */
export const openObject = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.object(shape).meta({
    override: ({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }) =>
      void delete jsonSchema.additionalProperties,
  });

/** The body's `timestamp`. */
export const Timestamp = Time.meta({ description: "When the event happened: the same in every attempt." });

/** A code of the error table. */
export const AnyErrorCode = z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]).meta({ id: "ErrorCode" });

/** The name of a dataset. The OpenAPI document lists them. */
export const DatasetName = z.string().meta({ id: "DatasetName" });

/** An error as `publicError` shows it: one shape for exports, schedules' runs and webhooks. */
export const ExportError = z
  .strictObject({
    code: AnyErrorCode,
    message: z.string(),
    owner: z.enum(["customer", "service"]).meta({ id: "ErrorOwner" }),
    retryable: z.boolean(),
  })
  .meta({ id: "ExportError" });

/** An error as the outbox stores it. */
export interface StoredError {
  error_code: string | null;
  error_owner: "customer" | "service" | null;
  error_detail?: string | null;
  /** 0 or 1; null: as the error table has it. */
  error_retryable?: number | null;
}

export const errorFrom = ({ error_code, error_owner, error_detail, error_retryable }: StoredError) =>
  publicError(error_code, error_owner, { detail: error_detail, retryable: error_retryable });

/** @param ms epoch ms. */
export const isoTime = (ms: number): string => new Date(ms).toISOString();
