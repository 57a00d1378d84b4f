/**
 * Access tokens. A token has the three parts of a JSON Web Token, so that a client can read when it ends (`exp`). The
 * third part is the API key, encrypted together with the first two: a changed token does not decrypt, and a token ends
 * with its key. Nothing is stored.
 */

import * as z from "zod";
import { SpillwayError } from "../../../errors.ts";
import { decrypt, encrypt, fromBase64url, type Place } from "../../../outbound/encryption.ts";
import { iso } from "../../../time/names.ts";
import { callerOfKey } from "../../middleware/authentication.ts";
import { countCallOf } from "../../middleware/rate-limit.ts";
import { type Call, json, route } from "../../route.ts";

const TOKEN_SECONDS = 86_400;

const HEADER = { typ: "JWT", alg: "A256GCM" };

const RENEW = "Ask POST /oauth/token for a new one.";

const Token = z
  .object({ access_token: z.string(), expires_in: z.literal(TOKEN_SECONDS), token_type: z.literal("Bearer") })
  .meta({ id: "AccessToken" });

export const createToken = route({
  method: "POST",
  path: "/token",
  operationId: "createAccessToken",
  summary: "Get an access token",
  description: "The token is valid for 24 hours, or until its API key is revoked or ends.",
  auth: "none",
  body: {
    schema: z
      .looseObject({
        grant_type: z.literal("client_credentials"),
        client_id: z.string().meta({ description: "The id of an API key: the 24 hex digits in it." }),
        client_secret: z.string().meta({ description: "The whole API key." }),
      })
      .meta({ id: "TokenRequest" }),
    example: {
      grant_type: "client_credentials",
      client_id: "5f1d0c3b7a2e4d6f8091a2b3",
      client_secret: "spw_5f1d0c3b7a2e4d6f8091a2b3_…",
    },
  },
  responses: { 200: { description: "An access token.", schema: Token, headers: { "Cache-Control": "`no-store`" } } },
  errors: ["unauthenticated", "rate_limited", "unavailable"],
  async handle(call, { body: { client_id: id, client_secret: key } }) {
    if (!key.startsWith(`spw_${id}_`))
      throw new SpillwayError("unauthenticated", "client_secret must be an API key, and client_id the id in it.");
    const { space, origins } = await callerOfKey(call, key, true);
    if (origins !== null)
      throw new SpillwayError(
        "unauthenticated",
        "client_secret is an API key for web pages: send one without origins.",
      );
    call.notes["space_id"] = space.id;
    await countCallOf(call, space);
    const token = { access_token: await writeToken(call, id, key), expires_in: TOKEN_SECONDS, token_type: "Bearer" };
    return json(token, 200, { "cache-control": "no-store" });
  },
});

async function writeToken({ config, runtime }: Call, keyId: string, key: string): Promise<string> {
  const issuedAt = Math.floor(runtime.now() / 1000);
  const claims = { sub: keyId, iat: issuedAt, exp: issuedAt + TOKEN_SECONDS };
  const said = [HEADER, claims].map((part) => toBase64url(JSON.stringify(part))).join(".");
  return `${said}.${toBase64url(await encrypt(config.secretsKey, placeOf(said), key, runtime.randomBytes(12)))}`;
}

/** @returns the API key of a token. @throws unauthenticated for a text that is no token, or one that has ended. */
export async function readToken({ config, runtime }: Call, token: string): Promise<string> {
  const [header = "", claims = "", sealed = "", ...more] = token.split(".");
  const said = `${header}.${claims}`;
  const key = await openSealed(config.secretsKey, placeOf(said), sealed).catch(() => null);
  if (key === null || more.length > 0)
    throw new SpillwayError("unauthenticated", `This is not an access token of this service. ${RENEW}`);
  const { exp } = JSON.parse(textIn(claims)) as { exp: number };
  if (exp * 1000 > runtime.now()) return key;
  throw new SpillwayError("unauthenticated", `This access token ended at ${iso(exp * 1000)}. ${RENEW}`);
}

const openSealed = async (secretsKey: string, place: Place, sealed: string) =>
  decrypt(secretsKey, place, textIn(sealed));

const placeOf = (said: string): Place => ({ purpose: "access-token", row: said });

const toBase64url = (text: string) => Buffer.from(text).toString("base64url");
const textIn = (base64url: string) => new TextDecoder().decode(fromBase64url(base64url));
