import { projectKeyOf } from "../dialects/batch/ids.ts";
import { AT, type Examples, EXTERNAL_ID, SPACE_ID } from "../example-values.ts";

const SPACE = {
  id: SPACE_ID,
  name: "Shop",
  timezone: "Europe/London",
  retention_days: 180,
  status: "active",
  external_id: EXTERNAL_ID,
  project_key: projectKeyOf(SPACE_ID),
  dialects: {},
  branding: { name: null, accent: null, accent_text: null },
  portal_origins: [],
  home: "d1:SPACE_DB",
  created_at: AT,
};

export const spaceExamples: Examples = {
  Space: SPACE,
  MovableSpace: {
    ...SPACE,
    move: {
      state: "copying",
      from: "d1:SPACE_DB",
      to: "object",
      copied_rows: 120_000,
      compared_rows: 0,
      started_at: AT,
    },
  },
  NewSpace: { ...SPACE, api_key: "spw_<key id>_<secret>", webhook_secret: "whsec_<secret>" },
  QueryRows: { columns: ["events"], rows: [[12_500]], truncated: false, rows_read: 12_500 },
  changeSpace: { ...SPACE, status: "inactive" },
  changeOwnSpace: { ...SPACE, retention_days: 365 },
};
