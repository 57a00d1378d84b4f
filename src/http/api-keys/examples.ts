import { AT, type Examples } from "../example-values.ts";

const API_KEY = {
  id: "5f0c2a9e7b41d836c0fe12ab",
  name: "nightly export",
  scopes: ["exports:read", "exports:write"],
  origins: null,
  expires_at: null,
  created_at: AT,
};

export const apiKeyExamples: Examples = {
  ApiKey: API_KEY,
  NewApiKey: { ...API_KEY, key: "spw_<key id>_<secret>" },
};
