/** Bodies that cannot be read: too large, of another type, not JSON, not UTF-8. */

import { gzipSync } from "node:zlib";
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

describe("the place that is no JSON", () => {
  const refused = async (options: CallOptions, path = "/v1/events") => {
    const response = await service.call("POST", path, { key: space.key, ...options });
    const { detail, errors } = await response.json<ProblemView>();
    return [response.status, detail, errors?.map(({ pointer }) => pointer)];
  };

  it("is told with its line and column", async () => {
    expect(await refused({ body: '{"events":[\n  {"id": "a",}\n]}' })).toEqual([
      400,
      "The body is not valid JSON: a name in double quotes is expected at line 2, column 14.",
      ["/events/0"],
    ]);
    expect(await refused({ body: '{"events":[{"id":"a\tb"}]}' })).toEqual([
      400,
      "The body is not valid JSON: a control character in a text must be escaped at line 1, column 20.",
      ["/events/0/id"],
    ]);
    expect(await refused({ body: " " })).toEqual([400, "The body is empty: send JSON.", undefined]);
  });

  it("is told with the number of its line in NDJSON", async () => {
    const raw = '{"id":"a"}\n\n{"id":}\n';
    expect(await refused({ raw, headers: { "content-type": "application/x-ndjson" } })).toEqual([
      422,
      "Line 3 is not valid JSON: a value is expected at line 3, column 7.",
      ["/events/1"],
    ]);
  });
});

describe("gzip", () => {
  const send = (raw: Uint8Array, coding = "gzip", headers: Record<string, string> = {}) =>
    patch({ raw, headers: { ...JSON_TYPE, "content-encoding": coding, ...headers } });

  it.each(["gzip", "GZIP", "x-gzip", " gzip "])("is decoded: %j", async (coding) => {
    const name = `Shop ${coding.trim()}`;
    expect(await send(gzipSync(JSON.stringify({ name })), coding)).toEqual([200, "taken"]);
    expect(await service.json("GET", "/v1/space", 200, { key: space.key })).toMatchObject({ name });
  });

  it("is decoded from several members, and from lines", async () => {
    const shop = await service.shop();
    const line = (id: string) =>
      gzipSync(`${JSON.stringify({ id, definition_id: "order_placed", person_id: "p-1", properties: {} })}\n`);
    const raw = Buffer.concat([line("e-1"), line("e-2")]);
    const headers = { "content-type": "application/x-ndjson", "content-encoding": "gzip" };
    const sent = await service.json("POST", "/v1/events", 202, { key: shop.key, raw, headers });
    expect(sent).toEqual({ accepted: 2, duplicates: 0 });
  });

  it("is decoded up to the limit of the body, and not a byte further", async () => {
    expect(await send(gzipSync(padded(MAX)))).toEqual([200, "taken"]);
    expect(await send(gzipSync(padded(MAX + 1)))).toEqual([413, "payload_too_large"]);
  });

  it("may not be a bomb", async () => {
    let bomb: Uint8Array = new Uint8Array(30_000_000);
    bomb = gzipSync(bomb);
    expect(await send(bomb)).toEqual([413, "payload_too_large"]);
    expect(await send(gzipSync(bomb))).toEqual([400, "malformed_request"]);
  });

  it("is not read further than a body of the limit can need", async () => {
    const empty = Buffer.concat(Array<Buffer>(10_000).fill(gzipSync("")));
    expect(await send(empty)).toEqual([413, "payload_too_large"]);
  });

  it.each([
    ["that is cut off", gzipSync("{}").subarray(0, -3)],
    ["that is none", Buffer.from("{}")],
    ["with something behind it", Buffer.concat([gzipSync("{}"), Buffer.from("{}")])],
    ["with a wrong checksum", gzipSync("{}").fill(0, 12)],
    ["that is empty", new Uint8Array()],
  ])("%s cannot be read", async (_, raw) => {
    expect(await send(raw)).toEqual([400, "malformed_request"]);
  });

  it.each(["br", "zstd", "deflate", "gzip, gzip", "gzip;q=1", "*"])(
    "is the only coding: %s is refused",
    async (coding) => {
      const headers = { ...JSON_TYPE, "content-encoding": coding };
      const response = await service.call("PATCH", "/v1/space", { key: space.key, body: "{}", headers });
      expect([response.status, response.headers.get("accept-encoding")]).toEqual([415, "gzip, identity"]);
    },
  );

  it("may be absent by name", async () => {
    expect(await send(Buffer.from("{}"), "identity")).toEqual([200, "taken"]);
  });
});

describe("a body of nothing but faults", () => {
  /** The bytes of the answer, and how many faults it has. */
  const answer = async (method: string, path: string, body: string) => {
    const response = await service.call(method, path, { key: space.key, body });
    const text = await response.text();
    return { status: response.status, bytes: text.length, faults: (JSON.parse(text) as ProblemView).errors?.length };
  };

  it.each([1_000, 100_000])("that lie %i levels deep gets a small answer", async (depth) => {
    const numbers = Array(100).fill("12345678901234567890").join();
    const body = `{"dataset":${"[".repeat(depth)}${numbers}${"]".repeat(depth)}}`;
    const { bytes, ...rest } = await answer("POST", "/v1/exports/estimate", body);
    expect(rest).toEqual({ status: 422, faults: 1 });
    expect(bytes).toBeLessThan(2_000);
  });

  it("that have long names gets a small answer", async () => {
    const name = "n".repeat(1_000);
    const numbers = Array(500).fill("12345678901234567890").join();
    const body = `{"dataset":${`{"${name}":`.repeat(50)}[${numbers}]${"}".repeat(50)}}`;
    const { bytes, ...rest } = await answer("POST", "/v1/exports/estimate", body);
    expect(rest).toEqual({ status: 422, faults: 100 });
    expect(bytes).toBeLessThan(300_000);
  });

  const LARGE = 4_000_000;
  /** As many of these items as 4 MB hold. */
  const list = (item: string, more = "") => `{"${more}":[${item}${`,${item}`.repeat(LARGE / (item.length + 1))}]}`;
  const items = (item: string, count: number, name: string) => `{"${name}":[${Array(count).fill(item).join()}]}`;
  const profile = (members: string) => `{"profiles":[{"person_id":"p",${members}}]}`;
  const names = (count: number) => Array.from({ length: count }, (_, n) => `"-${n}":1`).join();
  const texts = (count: number) => Array.from({ length: count }, (_, n) => `"${n}"`).join();
  const rule = (rules: number) => `{"name":"s","rule":{"all":[${Array(rules).fill("1").join()}]}}`;
  const estimate = (members: string) => `{"dataset":"segment_profiles",${members}}`;

  it.each<[what: string, method: string, path: string, body: () => string, faults: number]>([
    ["events that are numbers", "POST", "/v1/events", () => list("1", "events"), 1],
    ["empty events", "POST", "/v1/events", () => items("{}", 5_000, "events"), 100],
    ["too many profiles", "PUT", "/v1/profiles", () => list("{}", "profiles"), 1],
    ["empty profiles", "PUT", "/v1/profiles", () => items("{}", 1_000, "profiles"), 100],
    ["a profile of wrong names", "PUT", "/v1/profiles", () => profile(`"attributes":{${names(15_000)}}`), 100],
    ["a profile of too many values", "PUT", "/v1/profiles", () => profile(`"tags":[""${',""'.repeat(500_000)}]`), 1],
    ["too many ads", "PUT", "/v1/ad-objects", () => list("1", "ads"), 1],
    ["ads that are numbers", "PUT", "/v1/ad-objects", () => items("1", 5_000, "ads"), 100],
    ["empty elements of flows", "PUT", "/v1/flows", () => items('{"elements":[1,1,1,1,1]}', 1_000, "flows"), 100],
    ["too many values of a rule", "PUT", "/v1/segments/s", () => rule(120_000), 1],
    ["too many rules", "PUT", "/v1/segments/s", () => rule(30_000), 1],
    ["rules that are numbers", "PUT", "/v1/segments/s", () => rule(1_500), 100],
    ["too many columns", "POST", "/v1/exports/estimate", () => estimate(`"columns":[1${",1".repeat(400_000)}]`), 1],
    [
      "too many different attributes",
      "POST",
      "/v1/exports/estimate",
      () => estimate(`"attributes":[${texts(15_000)}]`),
      1,
    ],
  ])("%s: is read no further than to its first hundred", async (_, method, path, body, faults) => {
    const { bytes, ...rest } = await answer(method, path, body());
    expect(rest).toEqual({ status: 422, faults });
    expect(bytes).toBeLessThan(100_000);
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
