import { AT, type Examples, SPACE_ID } from "../example-values.ts";

export const portalExamples: Examples = {
  PortalLink: { url: `https://exports.example/portal/${SPACE_ID}#spl_<id>_<secret>`, expires_at: AT },
  PortalSession: {
    id: "5f0c2a9e7b41d836c0fe12ab",
    scopes: ["exports:read", "exports:write"],
    destination_ids: null,
    expires_at: AT,
    space: {
      id: SPACE_ID,
      name: "Shop",
      timezone: "Europe/London",
      branding: { name: "Acme", accent: "#0b5fff", accent_text: "#ffffff" },
    },
  },
};
