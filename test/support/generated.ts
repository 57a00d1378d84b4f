/**
 * Large worlds in tests: rows that the database generates itself, with one statement, instead of thousands of calls.
 */

import { env } from "cloudflare:workers";
import { SPACE_NO } from "../../src/db/core/sequences.ts";

/** SQL: the numbers 0 to ?2 − 1, as a table `numbers (n)`. */
const NUMBERS = "WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < ?2)";

const run = (sql: string, ...params: (string | number)[]) =>
  env.SPACE_DB.prepare(sql)
    .bind(...params)
    .run();

/** SQL: a number as six digits, so that ids sort as numbers do. */
const digits = (sql: string) => `printf('%06d', ${sql})`;

/** The space's next number is above those of the generated rows, which have 1. */
const sequence = (spaceId: string) => run("INSERT OR IGNORE INTO sequences (space_id, seq) VALUES (?1, 1)", spaceId);

/** Profiles `p-000000`, `p-000001` …, each with an attribute `note` of this many bytes. */
export async function generateProfiles(
  spaceId: string,
  count: number,
  bytes = 10,
  companyId: string | null = null,
): Promise<void> {
  await sequence(spaceId);
  await run(
    `${NUMBERS} INSERT INTO profiles (space_id, person_id, seq_from, company_id, identifiers, attributes, created_at, updated_at)
     SELECT ?1, 'p-' || ${digits("n")}, 1, nullif(?4, ''), '{}', json_object('note', printf('%.*c', ?3, 'x')), 0, 0 FROM numbers`,
    spaceId,
    count,
    bytes,
    companyId ?? "",
  );
}

export interface GeneratedEvents {
  definitionId: string;
  /** The event n belongs to the profile n modulo this number. */
  people: number;
  /** The number of the first of these people. */
  firstPerson?: number;
  count: number;
  /** Bytes of each event's property `note`. */
  bytes: number;
  companyId?: string;
  /** When the first event occurs, epoch ms: each is a millisecond after the one before. */
  from: number;
}

export async function generateEvents(spaceId: string, events: GeneratedEvents): Promise<void> {
  const { definitionId, people, firstPerson = 0, count, bytes, companyId = "", from } = events;
  await sequence(spaceId);
  await run(
    `${NUMBERS} INSERT INTO events (space_no, occurred_at, id, seq, definition_id, definition_version, person_id, company_id, received_at, properties)
     SELECT ${SPACE_NO}, ?6 + n, ?3 || '-' || ?7 || '-' || n, 1, ?3, 1, 'p-' || ${digits("n % ?4 + ?7")}, nullif(?8, ''), ?6 + n + 1,
       json_object('note', printf('%.*c', ?5, 'x')) FROM numbers`,
    spaceId,
    count,
    definitionId,
    people,
    bytes,
    from,
    firstPerson,
    companyId,
  );
}

export interface GeneratedTouches {
  /** The touchpoint n belongs to the profile n modulo this number. */
  people: number;
  count: number;
  /** When the first one is, epoch ms: each is a millisecond after the one before. */
  from: number;
}

/** Touchpoints `t-000000` … of every kind: each tenth is paid, and half of the others are direct. */
export async function generateTouches(spaceId: string, { people, count, from }: GeneratedTouches): Promise<void> {
  await sequence(spaceId);
  await run(
    `${NUMBERS}, kinds (n, kind) AS (SELECT n, CASE WHEN n % 10 = 0 THEN 2 WHEN n % 2 = 0 THEN 1 ELSE 0 END FROM numbers)
     INSERT INTO touchpoints (space_no, person_id, kind, occurred_at, id, seq, source, received_at)
     SELECT ${SPACE_NO}, 'p-' || ${digits("n % ?3")}, kind, ?4 + n, 't-' || ${digits("n")}, 1,
       CASE kind WHEN 2 THEN 'google_ads' WHEN 1 THEN 'email' ELSE 'direct' END, 0 FROM kinds`,
    spaceId,
    count,
    people,
    from,
  );
}
