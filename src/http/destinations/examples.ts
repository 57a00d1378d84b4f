import { type Examples, EXTERNAL_ID, TIMES } from "../example-values.ts";
import { permissionsPolicy, terraform, trustPolicy } from "../../outbound/policies.ts";

const DESTINATION = {
  id: "7c1d5e0a-3b42-4f9e-8a67-90b1c2d3e4f5",
  name: "Warehouse",
  bucket: "acme-exports",
  region: "eu-central-1",
  endpoint: null,
  directory_path: "spillway/events/",
  auth: { type: "role", role_arn: "arn:aws:iam::123456789012:role/spillway-export" },
  encryption: { sse: "AES256", kms_key_id: null },
  provider: "aws",
  path_style: false,
  storage_class: null,
  key_template: "dt={date}/",
  ...TIMES,
};

const TRUST = trustPolicy("arn:aws:iam::210987654321:user/spillway", EXTERNAL_ID);
const PERMISSIONS = permissionsPolicy(
  DESTINATION.bucket,
  DESTINATION.directory_path,
  { kmsKeyArn: null, verify: false },
  "aws",
);
const POLICIES = {
  external_id: EXTERNAL_ID,
  trust_policy: TRUST,
  permissions_policy: PERMISSIONS,
  terraform: terraform(TRUST, PERMISSIONS),
};
export const destinationExamples: Examples = {
  Destination: DESTINATION,
  changeDestination: { ...DESTINATION, storage_class: "STANDARD_IA" },
  DestinationPolicies: POLICIES,
  DestinationTest: {
    steps: [
      { name: "assume_role", status: "passed", detail: "The role can be assumed with the space's external id." },
      { name: "external_id_enforced", status: "passed", detail: "The role refuses any other external id." },
      {
        name: "write",
        status: "passed",
        detail: "Wrote spillway/events/_spillway-test-0e9b6c1d-3f52-4b7a-8f6e-2a4d9c7b1e35.txt.",
      },
      { name: "encryption", status: "passed", detail: "The object is encrypted with AES256." },
      {
        name: "delete",
        status: "skipped",
        detail:
          "It may not be deleted, and exports never delete: remove spillway/events/_spillway-test-0e9b6c1d-3f52-4b7a-8f6e-2a4d9c7b1e35.txt yourself if you like.",
      },
    ],
  },
};
