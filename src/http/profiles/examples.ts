import { AT, type Examples, TIMES } from "../example-values.ts";

const DELETION = {
  id: "e0b3a1f6-58c7-4d0e-9b2f-7a6c5d4e3f21",
  person_id: "p-1",
  status: "pending",
  requested_at: AT,
  completed_at: null,
  deleted: { events: 0, touchpoints: 0, reachability_events: 0, profile_versions: 0 },
};

const PROFILE = {
  person_id: "p-1",
  external_person_id: "CRM-1",
  company_id: null,
  type: null,
  identifiers: {},
  attributes: { $first_name: "Ada", tier: "gold" },
  tags: ["vip"],
  topics: { newsletter: { email: "confirmed-opt-in" } },
  installations: [],
  ...TIMES,
};

export const profileExamples: Examples = {
  Merged: { merged: 1 },
  Profile: PROFILE,
  ProfileMerge: {
    profile: PROFILE,
    came_along: {
      external_person_id: false,
      company_id: false,
      identifiers: [],
      attributes: ["tier"],
      tags: ["vip"],
      topics: [],
      installations: [],
    },
  },
  ProfileDeletion: {
    ...DELETION,
    status: "completed",
    completed_at: "2026-01-15T10:25:02.480Z",
    deleted: { events: 214, touchpoints: 9, reachability_events: 2, profile_versions: 3 },
  },
  deleteProfile: DELETION,
};
