/** OpenAPI documents as tests read them. */

interface Referring {
  paths: Record<string, Record<string, { responses: Record<string, unknown> }>>;
  components?: { responses?: Record<string, unknown> };
}

/** The document with its shared responses in the place of the references to them. */
export function withResponses<Document>(document: Document): Document {
  const { paths, components } = document as Referring;
  for (const item of Object.values(paths))
    for (const { responses } of Object.values(item))
      for (const [status, response] of Object.entries(responses)) {
        const { $ref } = response as { $ref?: string };
        if ($ref !== undefined) responses[status] = components?.responses?.[$ref.slice($ref.lastIndexOf("/") + 1)];
      }
  return document;
}
