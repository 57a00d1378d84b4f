/** The form of a destination: what the fields hold, and the requests that they make. Pure. */

import type { ChangeDestinationRequest, CreateDestinationRequest, Destination } from "spillway-client";
import { type StoreId, storeNamed, storeOf } from "./stores.ts";

/** As the fields hold it: empty where nothing is given. */
export interface DestinationForm {
  store: StoreId;
  name: string;
  bucket: string;
  region: string;
  endpoint: string;
  directoryPath: string;
  access: "role" | "keys";
  roleArn: string;
  accessKeyId: string;
  /** Never filled from the service, which does not return it. */
  secretAccessKey: string;
  sse: "" | "AES256" | "aws:kms";
  kmsKeyId: string;
  storageClass: string;
  keyTemplate: string;
  pathStyle: "" | "true" | "false";
}

export const EMPTY_FORM: DestinationForm = {
  store: "aws",
  name: "",
  bucket: "",
  region: "",
  endpoint: "",
  directoryPath: "",
  access: "role",
  roleArn: "",
  accessKeyId: "",
  secretAccessKey: "",
  sse: "",
  kmsKeyId: "",
  storageClass: "",
  keyTemplate: "",
  pathStyle: "",
};

/** Chooses a store: fills in its endpoint and region, and drops what it does not have. */
export function withStore(form: DestinationForm, id: StoreId): DestinationForm {
  const [before, store] = [storeNamed(form.store), storeNamed(id)];
  const isOwnRegion = form.region !== "" && form.region !== before.region;
  return {
    ...form,
    store: id,
    endpoint: store.endpoint ?? "",
    region: isOwnRegion && store.region === "" ? form.region : store.region,
    access: store.roles ? form.access : "keys",
    ...(!store.encryption && { sse: "" as const, kmsKeyId: "" }),
    pathStyle: "",
  };
}

/** The request that makes the destination. */
export function requestOf(form: DestinationForm): CreateDestinationRequest {
  const { name, bucket, region, endpoint, directory_path, encryption, provider, path_style, ...others } =
    fieldsOf(form);
  const { storage_class: storageClass, key_template: keyTemplate } = others;
  return {
    name,
    bucket,
    region,
    ...(endpoint !== null && { endpoint }),
    ...(directory_path !== "" && { directory_path }),
    auth: authOf(form),
    ...(encryption !== null && { encryption }),
    provider,
    ...(path_style !== null && { path_style }),
    ...(storageClass !== null && { storage_class: storageClass }),
    ...(keyTemplate !== null && { key_template: keyTemplate }),
  };
}

/** The form of a destination that exists, without its secret. */
export function formOf(destination: Destination): DestinationForm {
  const { auth, encryption } = destination;
  return {
    store: storeOf(destination),
    name: destination.name,
    bucket: destination.bucket,
    region: destination.region,
    endpoint: destination.endpoint ?? "",
    directoryPath: destination.directory_path,
    access: auth.type,
    roleArn: auth.type === "role" ? auth.role_arn : "",
    accessKeyId: auth.type === "keys" ? auth.access_key_id : "",
    secretAccessKey: "",
    sse: encryption?.sse ?? "",
    kmsKeyId: encryption?.kms_key_id ?? "",
    storageClass: destination.storage_class ?? "",
    keyTemplate: destination.key_template ?? "",
    pathStyle: destination.path_style ? "true" : "false",
  };
}

/** Only the fields that differ from the destination as it is. The access is sent as a whole, with its secret. */
export function changesOf(destination: Destination, form: DestinationForm): ChangeDestinationRequest {
  const before = formOf(destination);
  const [was, is] = [fieldsOf(before), fieldsOf(form)];
  const changed = Object.entries(is).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(was[name as keyof typeof was]),
  );
  const isOtherAccess = JSON.stringify(authOf(before)) !== JSON.stringify(authOf(form));
  return { ...Object.fromEntries(changed), ...(isOtherAccess && { auth: authOf(form) }) };
}

/** Everything but the access; null where nothing is given. */
function fieldsOf(form: DestinationForm) {
  const orNull = (text: string) => (text.trim() === "" ? null : text.trim());
  const { provider, endpoint } = storeNamed(form.store);
  return {
    name: form.name.trim(),
    bucket: form.bucket.trim(),
    region: form.region.trim(),
    endpoint: endpoint === null ? null : orNull(form.endpoint),
    directory_path: form.directoryPath.trim(),
    encryption: form.sse === "" ? null : { sse: form.sse, kms_key_id: orNull(form.kmsKeyId) },
    provider,
    path_style: form.pathStyle === "" ? null : form.pathStyle === "true",
    storage_class: orNull(form.storageClass),
    key_template: orNull(form.keyTemplate),
  };
}

const authOf = ({ access, roleArn, accessKeyId, secretAccessKey }: DestinationForm) =>
  access === "role"
    ? ({ type: "role", role_arn: roleArn.trim() } as const)
    : ({ type: "keys", access_key_id: accessKeyId.trim(), secret_access_key: secretAccessKey.trim() } as const);
