/**
 * The configuration of a Ceph cluster of one monitor, one disk in memory and one gateway, all of it below one folder.
 */

import { join } from "node:path";

export interface Ports {
  /** S3 and STS over HTTP. */
  gateway: number;
  monitor: number;
}

/** The key that objects may be encrypted with (`aws:kms`): its id, and 32 bytes in base64. */
export const KMS_KEY_ID = "testkey-1";
const KMS_KEY = "c3BpbGx3YXktbG9jYWwtZ2F0ZXdheS1rbXMta2V5LTE=";
const DISK_BYTES = 4 * 1024 ** 3;

/** @param fsid a UUID, the cluster's own. */
export function cephConfig(folder: string, fsid: string, ports: Ports): string {
  const at = (name: string) => join(folder, name);
  const sections: Record<string, Record<string, string | number>> = {
    global: {
      fsid,
      "mon host": `[v2:127.0.0.1:${ports.monitor}]`,
      "public network": "127.0.0.0/8",
      "ms bind ipv6": "false",
      keyring: at("keyring"),
      "log file": at("$name.log"),
      "pid file": at("$name.pid"),
      "admin socket": at("$name.asok"),
      "run dir": folder,
      "mon data": at("monitor"),
      "osd data": at("disk"),
      "crash dir": folder,
      // A machine whose own disk is nearly full is no reason not to start: nothing here is written to it but logs.
      "mon data avail warn": 2,
      "mon data avail crit": 1,
      "osd objectstore": "memstore",
      "memstore device bytes": DISK_BYTES,
      // Nobody else has to agree: no change of the cluster waits for others to come along.
      "paxos propose interval": 0.02,
      "paxos min wait": 0.01,
      // One copy of everything is all there can be.
      "osd crush chooseleaf type": 0,
      "osd pool default size": 1,
      "osd pool default min size": 1,
      "osd pool default pg num": 1,
      "osd pool default pgp num": 1,
      "osd pool default pg autoscale mode": "off",
      "mon allow pool size one": "true",
      "mon max pg per osd": 1000,
      // The gateway keeps its indexes in these.
      "osd class load list": "*",
      "osd class default list": "*",
    },
    "client.gateway": {
      "rgw frontends": `beast endpoint=127.0.0.1:${ports.gateway}`,
      "rgw dns name": "s3.localhost",
      "rgw s3 auth use sts": "true",
      "rgw sts key": "spillway-sts-key",
      // Sessions may be shorter than AWS has them: to see one end.
      "rgw sts min session duration": 1,
      // In the default order every wrong signature is answered with a plain AccessDenied.
      "rgw s3 auth order": "local, sts",
      // It is loopback: encryption must do without https.
      "rgw crypt require ssl": "false",
      "rgw crypt s3 kms backend": "testing",
      "rgw crypt s3 kms encryption keys": `${KMS_KEY_ID}=${KMS_KEY}`,
      "rgw dynamic resharding": "false",
      "rgw override bucket index max shards": 1,
    },
  };
  return Object.entries(sections)
    .map(([name, settings]) => {
      const lines = Object.entries(settings).map(([key, value]) => `${key} = ${value}`);
      return [`[${name}]`, ...lines, ""].join("\n");
    })
    .join("\n");
}
