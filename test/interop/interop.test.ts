/**
 * The service with a real S3 and STS: Ceph's radosgw. All of it in one scene, because starting one takes longer than
 * most of the tests; at the end, no log, row or answer may have a secret.
 */

import { infobip } from "./infobip.ts";
import { large } from "./large.ts";
import { objects } from "./objects.ts";
import { connectionTest } from "./connection-test.ts";
import { roles } from "./roles.ts";
import { describeInterop, interopScene } from "./scene.ts";
import { keepsSecrets } from "./secrets.ts";
import { verification } from "./verification.ts";

describeInterop("delivery to a real S3", () => {
  const scene = interopScene();
  roles(scene);
  objects(scene);
  verification(scene);
  connectionTest(scene);
  infobip(scene);
  large(scene);
  keepsSecrets(scene);
});
