/**
 * Requests to STS and its answers, read from the recording; and sessions without the service, from AWS's own
 * client.
 */

import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { SERVICE } from "../../scripts/peers/identities.ts";
import type { Keys } from "./bucket.ts";
import type { Answer, Call, Exchange, Recorder } from "./recorder.ts";

export interface Session extends Required<Keys> {
  /** Epoch ms. */
  endsAt: number;
}

export const isAssumeRole = (call: Call): boolean => call.body.includes("Action=AssumeRole");

/** The parameters of a call to STS: what its signature covers. */
export const parametersOf = (call: Call): Record<string, string> => Object.fromEntries(new URLSearchParams(call.body));

/** Those that were granted, in their order. @param directory that the session is for; left out: all. */
export const assumed = (store: Recorder, directory = ""): Exchange[] =>
  store.exchanges.filter((call) => isAssumeRole(call) && call.status === 200 && isFor(call, directory));

/** Whether the session that is requested is confined to that directory. */
export const isFor = (call: Call, directory: string): boolean =>
  (parametersOf(call)["Policy"] ?? "").includes(`/${directory}`);

/** The session that an answer of STS grants. */
export function sessionIn(answer: string): Session {
  const field = (name: string): string => {
    const [, value] = new RegExp(`<${name}>([^<]*)</${name}>`).exec(answer) ?? [];
    if (value === undefined) throw new Error(`STS's answer has no ${name}`);
    return value;
  };
  return {
    accessKeyId: field("AccessKeyId"),
    secretAccessKey: field("SecretAccessKey"),
    sessionToken: field("SessionToken"),
    endsAt: Date.parse(field("Expiration")),
  };
}

/** Assumes the same role as a call of the service did. @param policy null: without a session policy. */
export async function assumeAs(
  origin: string,
  call: Call,
  { seconds = 3_600, policy }: { seconds?: number; policy?: null } = {},
): Promise<Session> {
  const client = new STSClient({ endpoint: origin, region: "us-east-1", credentials: SERVICE, maxAttempts: 1 });
  const { RoleArn, RoleSessionName, ExternalId, Policy } = parametersOf(call);
  const { Credentials } = await client.send(
    new AssumeRoleCommand({
      RoleArn,
      RoleSessionName,
      ExternalId,
      ...(policy === undefined && { Policy }),
      DurationSeconds: seconds,
    }),
  );
  const { AccessKeyId = "", SecretAccessKey = "", SessionToken = "", Expiration } = Credentials ?? {};
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: SessionToken,
    endsAt: Expiration?.getTime() ?? 0,
  };
}

/** The same answer with another session in it. */
export function withSession(answer: Answer, session: Session): Answer {
  const fields = {
    AccessKeyId: session.accessKeyId,
    SecretAccessKey: session.secretAccessKey,
    SessionToken: session.sessionToken,
    Expiration: new Date(session.endsAt).toISOString(),
  };
  const text = Object.entries(fields).reduce(
    (xml, [name, value]) => xml.replace(new RegExp(`(<${name}>)[^<]*`), (_, tag: string) => `${tag}${value}`),
    answer.body.toString("utf8"),
  );
  return { ...answer, body: Buffer.from(text) };
}
