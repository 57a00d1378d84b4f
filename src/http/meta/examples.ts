/** Examples of answers for the OpenAPI document, by operationId or by the id of the answer's schema. */

export const metaExamples: Record<string, unknown> = { Health: { status: "ok" } };
