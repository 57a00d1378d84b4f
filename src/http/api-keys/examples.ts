/** Examples of answers for the OpenAPI document, by operationId or by the id of the answer's schema. */

import { AT } from "../example-values.ts";

const API_KEY = {
  id: "5f0c2a9e7b41d836c0fe12ab",
  name: "nightly export",
  scopes: ["exports:read", "exports:write"],
  created_at: AT,
};

export const apiKeyExamples: Record<string, unknown> = {
  ApiKey: API_KEY,
  NewApiKey: { ...API_KEY, key: "spw_<key id>_<secret>" },
};
