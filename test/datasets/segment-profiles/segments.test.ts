/** A combination of segments selects the profiles of a document. */

import { beforeAll, describe, expect, it } from "vitest";
import { roomyService } from "../../support/pipeline.ts";
import type { ProblemView, Space } from "../../support/service.ts";

const service = roomyService({ PENDING_LIMIT: "1000" });
let space: Space;

const put = (path: string, body: object) => service.json("PUT", path, 200, { key: space.key, body });
const segment = (id: string, rule: object) => put(`/v1/segments/${id}`, { name: id, rule });

beforeAll(async () => {
  space = await service.space();
  const tags = [[], ["a"], ["b"], ["a", "b"]];
  await put("/v1/profiles", {
    profiles: tags.map((each, n) => ({ person_id: `p-${n}`, tags: each, attributes: { n } })),
  });
  await segment("as", { tag: "a" });
  await segment("bs", { tag: "b" });
});

const [as, bs] = [{ segment: "as" }, { segment: "bs" }];
const bodyOf = (request: object) => ({
  key: space.key,
  body: { dataset: "segment_profiles", attributes: ["n"], ...request },
});

async function create(segments: unknown): Promise<string> {
  return (await service.json<{ id: string }>("POST", "/v1/exports", 202, bodyOf({ segments }))).id;
}

async function profilesOf(id: string): Promise<string[]> {
  await service.pump();
  const { key } = space;
  const { profiles } = await service.json<{ profiles: object }>("GET", `/v1/exports/${id}/content`, 200, { key });
  return Object.keys(profiles);
}

describe("a combination", () => {
  it.each<[unknown, string[]]>([
    [as, ["p-1", "p-3"]],
    [{ all: [as, bs] }, ["p-3"]],
    [{ any: [as, bs] }, ["p-1", "p-2", "p-3"]],
    [{ none: [as, bs] }, ["p-0"]],
    [{ all: [{ none: [as] }, bs] }, ["p-2"]],
    [{ all: [] }, ["p-0", "p-1", "p-2", "p-3"]],
    [{ any: [] }, []],
  ])("of %j has its profiles", async (segments, ids) => {
    expect(await profilesOf(await create(segments))).toEqual(ids);
  });

  it("has the rules of its segments as of the snapshot", async () => {
    await segment("changing", { tag: "a" });
    const id = await create({ all: [{ segment: "changing" }, bs] });
    await segment("changing", { none: [{ tag: "a" }] });
    expect(await profilesOf(id)).toEqual(["p-3"]);
    expect(await profilesOf(await create({ all: [{ segment: "changing" }, bs] }))).toEqual(["p-2"]);
  });

  it.each<[string, object, string[]]>([
    ["a segment beside it", { segment: "as", segments: bs }, ["/segments"]],
    [
      "segments that are not there",
      { segments: { any: [as, { none: [{ segment: "x" }] }] } },
      ["/segments/any/1/none/0/segment"],
    ],
    [
      "a segment that is not there, twice",
      { segments: { any: [{ segment: "x" }, { segment: "x" }] } },
      ["/segments/any/0/segment"],
    ],
    ["another space's segment", { segments: { segment: "theirs" } }, ["/segments/segment"]],
    ["a list", { segments: [as] }, ["/segments"]],
    ["an empty object", { segments: {} }, ["/segments/segment"]],
    ["21 segments", { segments: { any: Array.from({ length: 21 }, (_, n) => ({ segment: `s${n}` })) } }, ["/segments"]],
  ])("is refused with %s", async (_, request, pointers) => {
    const other = await service.space();
    const body = { name: "Theirs", rule: { tag: "a" } };
    await service.json("PUT", "/v1/segments/theirs", 200, { key: other.key, body });
    expect(await service.faults("POST", "/v1/exports", bodyOf(request))).toEqual(pointers);
  });

  it("takes a segment many times, within the limits of one rule", async () => {
    const times = (count: number) => bodyOf({ segments: { any: Array.from({ length: count }, () => as) } });
    await service.json("POST", "/v1/exports", 202, times(199));
    const problem = await service.json<ProblemView>("POST", "/v1/exports", 422, times(200));
    expect([problem.code, problem.errors?.map(({ pointer }) => pointer)]).toEqual([
      "segment_too_complex",
      ["/segments"],
    ]);
  });

  it("that nests too deep is refused before it is read, and together with its segments' rules", async () => {
    const nested = (levels: number, inner: object): object =>
      levels === 0 ? inner : { all: [nested(levels - 1, inner)] };
    await segment("deep", nested(5, { tag: "a" }));
    await service.json("POST", "/v1/exports", 202, bodyOf({ segments: nested(4, { segment: "deep" }) }));
    for (const segments of [nested(5, { segment: "deep" }), nested(10, as)]) {
      const problem = await service.json<ProblemView>("POST", "/v1/exports", 422, bodyOf({ segments }));
      expect(problem.code).toBe("segment_too_complex");
    }
  });
});
