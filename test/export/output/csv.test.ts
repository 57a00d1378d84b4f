/**
 * CSV by RFC 4180: a header, CRLF, quotes where needed; null differs from the empty text; formulas are escaped if
 * asked.
 */

import { describe, expect, it } from "vitest";
import { csvHeader, csvLine } from "../../../src/export/output/encode/csv.ts";
import { listChunks } from "../../support/ledger.ts";
import { MANDATORY, readCsv, visits } from "../../support/formats.ts";
import { gunzip } from "../../support/gunzip.ts";
import { onlyFile, roomyService, textOf } from "../../support/pipeline.ts";
import { orders, START } from "../../support/service.ts";

const PROPERTIES = ["page", "amount", "member", "at", "items"];
const line = (...cells: Parameters<typeof csvLine>[0]) => csvLine(cells, false);

describe("a field", () => {
  it.each([
    ["a word", "word", "word"],
    ["letters of any script", "größe 数量 👩‍👩‍👧‍👦", "größe 数量 👩‍👩‍👧‍👦"],
    ["a comma", "a,b", '"a,b"'],
    ["quotes", 'say "hi"', '"say ""hi"""'],
    ["a quote alone", '"', '""""'],
    ["a line feed", "a\nb", '"a\nb"'],
    ["a carriage return", "a\rb", '"a\rb"'],
    ["a line end", "a\r\nb", '"a\r\nb"'],
    ["spaces around, which some readers trim", " a ", '" a "'],
    ["a byte order mark at its start", "\ufeffa", '"\ufeffa"'],
    ["nothing", "", '""'],
    ["a semicolon, at which some readers split", "a;b", '"a;b"'],
    ["a bar, at which some readers split", "a|b", '"a|b"'],
    ["a tab, at which some readers split", "a\tb", '"a\tb"'],
    ["an apostrophe, which some readers take for a quote", "it's", '"it\'s"'],
    ["the end of PostgreSQL's COPY", "\\.", '"\\."'],
    ["a null of some readers", "\\N", '"\\N"'],
    ["a null of other readers", "NULL", '"NULL"'],
    ["a comment of some readers", "#1", '"#1"'],
    ["a line end of some readers", "a\u2028b", '"a\u2028b"'],
    ["a next line", "a\u0085b", '"a\u0085b"'],
  ])("of text with %s is %s", (_what, text, written) => {
    expect(line(text, "x")).toBe(`${written},x`);
  });

  it("of null is empty, of a number or a boolean its JSON, of a list or an object its JSON in quotes", () => {
    expect(line(null, -1.5e-7, 0, true, false, [{ a: "x" }, null], { b: 1 })).toBe(
      ',-1.5e-7,0,true,false,"[{""a"":""x""},null]","{""b"":1}"',
    );
  });

  it("that is the only one of its line and null is two quotes: many readers pass over an empty line", () => {
    expect([line(null), line(""), line(null, null)]).toEqual(['""', '""', ","]);
  });
});

describe("formulas", () => {
  const DANGEROUS = [
    "=1+1",
    "+49 30 1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1",
    '=cmd|"/c calc"!A1',
    " =1",
    "\ufeff=1",
    "\u00a0 @1",
    "\ufeff +1",
  ];

  it.each(DANGEROUS)("are escaped when the request asks for it: %j", (text) => {
    expect(readCsv(`${csvLine([text, "x"], true)}\r\n`)).toEqual([[`'${text}`, "x"]]);
    expect(readCsv(`${csvLine([text, "x"], false)}\r\n`)).toEqual([[text, "x"]]);
  });

  it.each([
    [";=1", "';'=1"],
    ["a;=1", "a;'=1"],
    ["a,\t=1", "a,\t'=1"],
    ["a\n=1|=2", "a\n'=1|'=2"],
    ["a; b=1", "a; b=1"],
  ])("are escaped behind a separator, at which a spreadsheet may split: %j", (text, escaped) => {
    expect(readCsv(`${csvLine([text, "x"], true)}\r\n`)).toEqual([[escaped, "x"]]);
    expect(readCsv(`${csvLine([text, "x"], false)}\r\n`)).toEqual([[text, "x"]]);
  });

  it("are escaped in names of columns too", () => {
    const field = { name: "=evil()", path: ["a"], type: "text" as const };
    expect([csvHeader([field], true), csvHeader([field], false)]).toEqual(['"\'=evil()"\r\n', '"=evil()"\r\n']);
  });

  it("are no numbers, nulls, lists or words: these stay", () => {
    expect(csvLine([-5, null, ["=1"], "a=1", ""], true)).toBe('-5,,"[""=1""]",a=1,""');
  });
});

describe("an export as CSV", () => {
  it("has a header of all columns, and a line an event", async () => {
    const service = roomyService();
    const space = await visits(service, [
      { page: "/", amount: 1.5, member: true, at: "2026-01-01T00:00:00+01:00", items: [{ sku: "A", count: 2 }] },
      { page: "", member: false, items: [] },
      {},
    ]);
    const done = await service.export(space, { format: "csv", event_names: ["visit"] });
    const received = "2026-03-01T12:00:00.000+0000";
    const occurred = (n: number) => new Date(START - 1_000_000 + n).toISOString();
    const mandatory = (id: string, n: number) => ["visit", id, null, "p-1", "CRM-1", received, occurred(n)];
    expect(onlyFile(done).name).toMatch(/\.csv\.gz$/);
    expect(readCsv(await textOf(service, done))).toEqual([
      [...MANDATORY, ...PROPERTIES],
      [...mandatory("v-000000", 0), "/", "1.5", "true", "2026-01-01T00:00:00+01:00", '[{"sku":"A","count":2}]'],
      [...mandatory("v-000001", 1), "", null, "false", null, "[]"],
      [...mandatory("v-000002", 2), null, null, null, null, null],
    ]);
  });

  it("gives texts back as they were", async () => {
    const service = roomyService();
    const texts = [
      "a,b",
      '"',
      '""',
      "\r\n",
      "\n",
      "\r",
      " ",
      "\t",
      "",
      "\u0001\u2028",
      "\ufeff",
      "🛒",
      "=1",
      "null",
      "'",
    ];
    const space = await visits(
      service,
      texts.map((page) => ({ page })),
    );
    const done = await service.export(space, { format: "csv", columns: [{ path: "page" }] });
    expect(readCsv(await textOf(service, done))).toEqual([["page"], ...texts.map((text) => [text])]);
  });

  it("escapes formulas in rows and header when the request asks for it", async () => {
    const service = roomyService();
    const space = await visits(service, [{ page: "=1" }]);
    const request = { format: "csv", csv_escape_formulas: true, columns: [{ path: "page", as: "@page" }] };
    expect(await textOf(service, await service.export(space, request))).toBe(`"'@page"\r\n"'=1"\r\n`);
  });

  it("is a header alone where nothing is found", async () => {
    const service = roomyService();
    const done = await service.export(await visits(service, []), { format: "csv", event_names: ["visit"] });
    expect(await textOf(service, done)).toBe(`${[...MANDATORY, ...PROPERTIES].map((name) => `"${name}"`).join()}\r\n`);
    expect(onlyFile(done).rows).toBe(0);
  });

  it("has a header in every file of several", async () => {
    const service = roomyService();
    const space = await service.shop();
    await service.send(space, orders(5));
    const done = await service.export(space, {
      format: "csv",
      layout: "files",
      file_rows: 2,
      columns: [{ path: "order_id" }],
    });
    const texts = await Promise.all(done.files.map(async (file) => gunzip(await service.fetchFile(file))));
    const header = '"order_id"\r\n';
    expect(texts).toEqual([`${header}A-0\r\nA-1\r\n`, `${header}A-2\r\nA-3\r\n`, `${header}A-4\r\n`]);
    expect(done.files.map((file) => file.rows)).toEqual([2, 2, 1]);
  });

  it("has one header in a file that is assembled from several chunks", async () => {
    const service = roomyService();
    Object.assign(service.context, { sizes: { ...service.context.sizes, chunkRows: 40 } });
    const space = await service.shop();
    await service.send(space, orders(130));
    const done = await service.export(space, {
      format: "csv",
      start: new Date(START - 3_000_000).toISOString(),
      columns: [{ path: "eventId" }, { path: "order_id" }],
    });
    const chunks = await listChunks(service.context.databases.control, { space_id: space.id, id: done.id });
    expect(chunks.map((chunk) => chunk.rows)).toEqual([40, 40, 40, 10]);
    const rows = readCsv(await textOf(service, done));
    expect(rows).toEqual([["eventId", "order_id"], ...orders(130).map(({ id }, n) => [id, `A-${n}`])]);
    expect(onlyFile(done)).toMatchObject({ rows: 130, uncompressed_bytes: (await textOf(service, done)).length });
  });
});
