/** An export without a result says why, by its state, wherever the result is asked for. */

import { beforeAll, describe, expect, it } from "vitest";
import { type ProblemView, Service, type Space, START } from "../../support/service.ts";

const service = new Service({ CREATE_LIMIT: "1000", POLL_LIMIT: "1000" });
let space: Space;

beforeAll(async () => {
  space = await service.shop();
});

const AT = new Date(START).toISOString();

/** States and what they say. */
const STATES: [state: string, set: string, status: number, sentence: string][] = [
  ["queued", "status = 'queued'", 404, "it is queued. Ask again in a few seconds."],
  ["processing", "status = 'processing'", 404, "it is processing. Ask again"],
  ["canceled", `status = 'canceled', completed_at = ${START}`, 410, `was canceled at ${AT} and has no result.`],
  [
    "failed",
    `status = 'failed', completed_at = ${START}, error_code = 'bucket_not_found'`,
    503,
    `failed at ${AT} with bucket_not_found: The bucket does not exist: create it, or ask for a new export with the right name.`,
  ],
  ["expired", `status = 'expired', expires_at = ${START}`, 410, `files expired at ${AT}. Create a new export.`],
];

describe.each(STATES)("an export that is %s", (_, set, status, sentence) => {
  let id: string;

  beforeAll(async () => {
    id = await service.ask(space);
    const { control } = service.context.databases;
    await control.run(`UPDATE exports SET ${set} WHERE space_id = ?1 AND id = ?2`, [space.id, id]);
  });

  const detailOf = async (rest: string, expected: number) =>
    (await service.json<ProblemView>("GET", `/v1/exports/${id}/${rest}`, expected, { key: space.key })).detail;

  it("says so to who asks for its content", async () => {
    expect(await detailOf("content", status)).toContain(sentence);
  });

  it("says so to who asks for its manifest or a file", async () => {
    const expected = sentence.includes("expired") ? 410 : 404;
    expect(await detailOf("manifest", expected)).toContain(sentence);
    expect(await detailOf("files/some.json.gz", expected)).toContain(sentence);
  });
});

it("an unknown export is told apart from a canceled one", async () => {
  const problem = await service.json<ProblemView>("GET", "/v1/exports/unknown/content", 410, { key: space.key });
  expect(problem.detail).toBe("The space has no export with this id, or it was deleted. Create a new export.");
});
