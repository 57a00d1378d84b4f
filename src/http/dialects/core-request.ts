/** From a dialect's request to the request that the core knows, and from the core's faults back to the dialect's. */

import type { SpaceRow } from "../../db/tenants/spaces.ts";
import { type Fault, invalid, SpillwayError } from "../../errors.ts";
import { createExport } from "../../export/api/create.ts";
import { AnyExportRequest, type ExportRequest, withDefaults } from "../../export/api/request.ts";
import type { Call } from "../route.ts";
import { inBody, validate } from "../validate.ts";

/**
 * The dialect's names of the core's parameters, by the core's JSON pointers: `/delivery/bucket` → `bucket`. A
 * name that begins with a slash is a pointer (`/attributes/2` → `/sections/1/attributes/0`): it replaces the fault's
 * pointer, and the text is kept.
 */
export type FieldNames = ReadonlyMap<string, string>;

/**
 * The request of an export, made of a dialect's. Members that are undefined or null are left out.
 * @throws invalid_request whose faults name the dialect's fields.
 */
export function exportRequest(request: Record<string, unknown>, names: FieldNames): ExportRequest {
  return renaming(names, () => withDefaults(validate(AnyExportRequest, request, inBody)));
}

/**
 * Creates the export of a call.
 * @returns its id. @throws as createExport; the faults of an invalid request name the dialect's fields.
 */
export async function newExport(
  call: Call,
  space: SpaceRow,
  request: ExportRequest,
  names: FieldNames,
): Promise<string> {
  const { context, requestId } = call;
  const { id } = await renaming(names, () =>
    createExport(context, { space, request, requestId, idempotencyKey: null, answer: () => "" }),
  );
  call.notes["export_id"] = id;
  return id;
}

/** Does the work. @throws what the work throws; the faults of an invalid request name the dialect's fields. */
export function renaming<Result>(names: FieldNames, work: () => Result): Result {
  try {
    const result = work();
    return result instanceof Promise
      ? (result.catch((thrown: unknown) => {
          throw renamed(names, thrown);
        }) as Result)
      : result;
  } catch (thrown) {
    throw renamed(names, thrown);
  }
}

function renamed(names: FieldNames, thrown: unknown): unknown {
  if (!(thrown instanceof SpillwayError)) return thrown;
  const faults = thrown.faults.map((fault) => renamedFault(names, fault));
  if (thrown.code === "segment_too_complex") return new SpillwayError(thrown.code, thrown.message, { faults });
  return thrown.code === "invalid_request" ? invalid(...faults) : thrown;
}

function renamedFault(names: FieldNames, { pointer, detail }: Fault): Fault {
  const found = [...names].find(([core]) => pointer === core || pointer.startsWith(`${core}/`));
  if (found === undefined) return { pointer, detail };
  const [core, name] = found;
  const rest = pointer.slice(core.length);
  if (name.startsWith("/")) return { pointer: name + rest, detail };
  let text = detail.replaceAll(new RegExp(`\\b${lastName(core)}\\b`, "g"), name);
  // Another field is named where the fault compares the two: "must be later than start".
  for (const [other, otherName] of names)
    text = text.replaceAll(new RegExp(`(?<=\\b(?:than|with) )${lastName(other)}\\b`, "g"), otherName);
  return { pointer: `/${name}${rest}`, detail: text };
}

const lastName = (pointer: string) => pointer.slice(pointer.lastIndexOf("/") + 1);
