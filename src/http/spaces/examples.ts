import { AT, type Examples, EXTERNAL_ID } from "../example-values.ts";

const SPACE = {
  id: "9a4d1c6e-2f7b-4a55-8d3e-1b0c5e7f6a21",
  name: "Shop",
  timezone: "Europe/London",
  retention_days: 180,
  status: "active",
  external_id: EXTERNAL_ID,
  dialects: {},
  created_at: AT,
};

export const spaceExamples: Examples = {
  Space: SPACE,
  NewSpaceAnswer: { ...SPACE, api_key: "spw_<key id>_<secret>", webhook_secret: "whsec_<secret>" },
  changeSpace: { ...SPACE, status: "inactive" },
  changeOwnSpace: { ...SPACE, retention_days: 365 },
};
