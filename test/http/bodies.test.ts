/** Bodies that cannot be read: too large, of another type, not JSON, not UTF-8. */

import { beforeAll, describe, expect, it } from "vitest";
import { type CallOptions, type ProblemView, Service, type Space } from "../support/service.ts";

const MAX = 65_536;
const JSON_TYPE = { "content-type": "application/json" };
const service = new Service();
let space: Space;

beforeAll(async () => {
  space = await service.space();
});

/** PATCH /v1/space takes 64 KiB at most. */
async function patch(options: CallOptions): Promise<[number, string]> {
  const response = await service.call("PATCH", "/v1/space", { key: space.key, ...options });
  return [response.status, (await response.json<Partial<ProblemView>>()).code ?? "taken"];
}

const padded = (bytes: number) => `{}${" ".repeat(bytes - 2)}`;
const bytes = (...values: number[]) => new Uint8Array(values);
const quoted = (...values: number[]) => bytes(...Buffer.from('{"name":"'), ...values, ...Buffer.from('"}'));

describe("the size of a body", () => {
  it("may be the limit", async () => {
    expect(await patch({ body: padded(MAX) })).toEqual([200, "taken"]);
  });

  it("may not be a byte more, also without a declared length", async () => {
    expect(await patch({ body: padded(MAX + 1) })).toEqual([413, "payload_too_large"]);
  });

  it("is counted in bytes, not in characters", async () => {
    const name = "é".repeat(MAX / 2);
    expect(await patch({ body: { name } })).toEqual([413, "payload_too_large"]);
  });

  it("may not be declared larger, whatever its real length", async () => {
    const headers = { "content-length": String(MAX + 1) };
    expect(await patch({ headers, body: "{}" })).toEqual([413, "payload_too_large"]);
  });

  it("is not believed when it is declared smaller", async () => {
    const headers = { "content-length": "2" };
    expect(await patch({ headers, body: padded(MAX + 1) })).toEqual([413, "payload_too_large"]);
  });

  it("stops the reading once it is too much", async () => {
    let pulled = 0;
    const endless = new ReadableStream({
      pull(controller) {
        pulled += 1;
        controller.enqueue(new Uint8Array(16_384).fill(32));
      },
    });
    expect(await patch({ raw: endless, headers: JSON_TYPE })).toEqual([413, "payload_too_large"]);
    expect(pulled).toBeLessThan(10);
  });
});

describe("the type of a body", () => {
  it.each([
    "application/json",
    "application/json; charset=utf-8",
    "Application/JSON",
    "application/json;charset=UTF-8",
  ])("may be %s", async (type) => {
    expect(await patch({ raw: "{}", headers: { "content-type": type } })).toEqual([200, "taken"]);
  });

  it.each([
    "text/plain",
    "text/json",
    "application/x-www-form-urlencoded",
    "application/x-ndjson",
    "application/jsonp",
    "",
  ])("may not be %j", async (type) => {
    const answer = await patch({ raw: "{}", headers: { "content-type": type } });
    expect(answer).toEqual([415, "unsupported_media_type"]);
  });

  it("must be there", async () => {
    expect(await patch({ raw: new TextEncoder().encode("{}") })).toEqual([415, "unsupported_media_type"]);
  });
});

describe("JSON that is none", () => {
  it.each(["", " ", "{", '{"name":}', "{'name':'x'}", '{"name":"x",}', "{} {}", "undefined", "NaN", '{"name":"a\nb"}'])(
    "%j cannot be read",
    async (body) => {
      expect(await patch({ body })).toEqual([400, "malformed_request"]);
    },
  );

  it("without any body cannot be read", async () => {
    expect(await patch({ headers: JSON_TYPE })).toEqual([400, "malformed_request"]);
  });

  it.each([
    ["a byte that UTF-8 has not", quoted(0xff)],
    ["a sequence that is cut off", quoted(0xc3)],
    ["an overlong form", quoted(0xc0, 0xaf)],
    ["a surrogate in bytes", quoted(0xed, 0xa0, 0x80)],
    ["UTF-16", bytes(0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00)],
  ])("with %s cannot be read", async (_, raw) => {
    expect(await patch({ raw, headers: JSON_TYPE })).toEqual([400, "malformed_request"]);
  });

  it("with a character that comes in two pieces is read", async () => {
    const whole = quoted(...Buffer.from("Café 東京"));
    const pieces = [whole.slice(0, 13), whole.slice(13, 16), whole.slice(16)];
    const raw = new ReadableStream({
      pull(controller) {
        const piece = pieces.shift();
        if (piece === undefined) controller.close();
        else controller.enqueue(piece);
      },
    });
    const changed = await service.json("PATCH", "/v1/space", 200, { key: space.key, raw, headers: JSON_TYPE });
    expect(changed).toMatchObject({ name: "Café 東京" });
  });
});

describe("JSON of another shape", () => {
  it.each(["[]", "null", '"text"', "1", "true"])("%s is not valid, as a whole", async (body) => {
    expect(await service.faults("PATCH", "/v1/space", { key: space.key, body })).toEqual([""]);
  });

  it.each([
    ["nested deeply", '{"a":'.repeat(10_000) + "1" + "}".repeat(10_000)],
    [
      "nested deeply around a name that is refused everywhere",
      `${"[".repeat(30_000)}{"__proto__":1}${"]".repeat(30_000)}`,
    ],
  ])("%s is refused, and fails nothing", async (_, body) => {
    expect(await patch({ body })).toEqual([422, "invalid_request"]);
  });

  it.each(["__proto__", String.raw`\u005f_proto__`, String.raw`__\u0070roto__`, String.raw`__prot\u006F__`])(
    "has no property %s, however it is spelled",
    async (name) => {
      const body = `{"profiles":[{"person_id":"p","attributes":{"${name}":1}}]}`;
      const pointers = await service.faults("PUT", "/v1/profiles", { key: space.key, body });
      expect(pointers).toEqual(["/profiles/0/attributes/__proto__"]);
    },
  );

  it("is distinguished from a body that changes nothing", async () => {
    const before = await service.json("GET", "/v1/space", 200, { key: space.key });
    expect(await service.json("PATCH", "/v1/space", 200, { key: space.key, body: {} })).toEqual(before);
  });
});
