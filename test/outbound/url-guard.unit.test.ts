/** Only public hosts are called: for every spelling of an address, and every address that a name resolves to. */

import { describe, expect, it } from "vitest";
import { checkTarget, urlFault, resolver, type AddressCache } from "../../src/outbound/url-guard.ts";

const refused = (url: string, allowInsecure = false) => urlFault(url, allowInsecure) !== null;

describe("an address that is given", () => {
  it.each([
    "https://shop.example/hooks",
    "https://shop.example:8443/hooks?token=1#part",
    "https://xn--bcher-kva.example/",
    "https://bücher.example/",
    "https://8.8.8.8/",
    "https://[2606:4700:4700::1111]/",
    "https://local.example/",
    "https://localhost.example/",
    "https://internal.example/",
    "https://10.0.0.1.example/",
  ])("may be %s", (url) => {
    expect(urlFault(url, false)).toBeNull();
  });

  it.each([
    ["no URL", "shop.example", "must be a URL."],
    ["http", "http://shop.example/", "must be https."],
    ["ftp", "ftp://shop.example/", "must be https."],
    ["a user name", "https://ada@shop.example/", "must not contain a user name or a password."],
    ["a password", "https://:secret@shop.example/", "must not contain a user name or a password."],
    ["a private address", "https://10.0.0.1/", "must be at a public address."],
    ["a local name", "https://printer.local/", "must name a host on the public internet."],
    ["a dot at its end", "https://shop.example./", "must name a host without empty labels and without a trailing dot."],
  ])("is refused for %s, in words", (_, url, words) => {
    expect(urlFault(url, false)).toBe(words);
  });

  it.each([
    "localhost",
    "LOCALHOST",
    "localhost.",
    "ｌｏｃａｌｈｏｓｔ",
    "api.localhost",
    "api.localhost.",
    "printer.local",
    "metadata.google.internal",
    "metadata.google.internal.",
    "intranet",
    "intranet.",
    "shop..example",
    ".example",
  ])("is refused at the name %s", (host) => {
    expect(refused(`https://${host}/`)).toBe(true);
  });

  it.each([
    ["loopback", "127.0.0.1"],
    ["loopback, elsewhere in it", "127.255.255.254"],
    ["loopback with a dot at its end", "127.0.0.1."],
    ["loopback in decimal", "2130706433"],
    ["loopback in hexadecimal", "0x7f000001"],
    ["loopback in hexadecimal parts", "0x7f.0.0.0x1"],
    ["loopback in octal", "0177.0.0.1"],
    ["loopback in short", "127.1"],
    ["loopback in full-width digits", "１２７.０.０.１"],
    ["loopback in percent signs", "%31%32%37.0.0.1"],
    ["unspecified", "0.0.0.0"],
    ["unspecified in short", "0"],
    ["this network", "0.1.2.3"],
    ["private 10/8", "10.255.0.1"],
    ["private 172.16/12", "172.31.255.255"],
    ["private 192.168/16", "192.168.1.1"],
    ["carrier-grade NAT", "100.64.0.1"],
    ["link-local", "169.254.1.1"],
    ["cloud metadata", "169.254.169.254"],
    ["cloud metadata in decimal", "2852039166"],
    ["cloud metadata elsewhere", "100.100.100.200"],
    ["multicast", "224.0.0.1"],
    ["broadcast", "255.255.255.255"],
    ["reserved", "240.0.0.1"],
    ["benchmarking", "198.18.0.1"],
    ["documentation", "192.0.2.1"],
    ["v6 loopback", "[::1]"],
    ["v6 loopback at length", "[0:0:0:0:0:0:0:1]"],
    ["v6 unspecified", "[::]"],
    ["v6 link-local", "[fe80::1]"],
    ["v6 unique local", "[fd00:ec2::254]"],
    ["v6 site-local", "[fec0::1]"],
    ["v6 multicast", "[ff02::1]"],
    ["v6 documentation", "[2001:db8::1]"],
    ["v4 mapped into v6", "[::ffff:127.0.0.1]"],
    ["v4 mapped into v6, in hexadecimal", "[::ffff:7f00:1]"],
    ["public v4 mapped into v6", "[::ffff:8.8.8.8]"],
    ["v4 compatible v6", "[::127.0.0.1]"],
    ["v4 translated into v6", "[::ffff:0:127.0.0.1]"],
    ["NAT64", "[64:ff9b::127.0.0.1]"],
    ["NAT64 of a local prefix", "[64:ff9b:1::a00:1]"],
    ["6to4", "[2002:7f00:1::]"],
    ["Teredo", "[2001:0:7f00:1::]"],
    ["v6 that is not allocated", "[4000::1]"],
  ])("is refused at an address that is %s", (_, host) => {
    expect(refused(`https://${host}/`)).toBe(true);
  });
});

describe("in local development an address", () => {
  it.each([
    "http://shop.example/",
    "http://127.0.0.1:9000/",
    "https://localhost:9000/",
    "http://api.localhost/",
    "http://[::1]:9000/",
  ])("may be %s", (url) => {
    expect(urlFault(url, true)).toBeNull();
  });

  it.each([
    "http://10.0.0.1/",
    "http://169.254.169.254/",
    "http://printer.local/",
    "http://a:b@localhost/",
    "ftp://localhost/",
  ])("may still not be %s", (url) => {
    expect(refused(url, true)).toBe(true);
  });

  it("is called without asking for its name", async () => {
    const resolve = async () => {
      throw new Error("must not be asked");
    };
    expect(await checkTarget("http://localhost:9000/", { allowInsecure: true, resolve })).toBeNull();
  });
});

describe("before a call", () => {
  const check = (addresses: string[], url = "https://shop.example/hooks") =>
    checkTarget(url, { allowInsecure: false, resolve: async () => addresses });

  it("a name passes whose addresses are all public", async () => {
    expect(await check(["93.184.215.14", "2606:4700:4700::1111"])).toBeNull();
  });

  it.each([
    ["127.0.0.1"],
    ["169.254.169.254"],
    ["::1"],
    ["fe80::1"],
    ["::ffff:10.0.0.1"],
    ["64:ff9b::a00:1"],
    ["nonsense"],
    [""],
  ])("a name is refused that resolves to %s, also beside a public address", async (address) => {
    expect(await check([address])).toBe("target_not_allowed");
    expect(await check(["93.184.215.14", address])).toBe("target_not_allowed");
  });

  it("a name is refused that does not resolve", async () => {
    expect(await check([])).toBe("target_unresolved");
  });

  it("a name is refused when the resolver gives no answer", async () => {
    const resolve = async () => {
      throw new Error("down");
    };
    expect(await checkTarget("https://shop.example/", { allowInsecure: false, resolve })).toBe("target_unresolved");
  });

  it("an address that is not allowed is refused without asking anybody", async () => {
    expect(await check(["93.184.215.14"], "https://10.0.0.1/")).toBe("target_not_allowed");
    expect(await check(["93.184.215.14"], "http://shop.example/")).toBe("target_not_allowed");
  });

  it("a public address passes without asking anybody", async () => {
    expect(await check([], "https://8.8.8.8/")).toBeNull();
  });

  it("the name is asked for as the connection will ask for it", async () => {
    const asked: string[] = [];
    const resolve = async (name: string) => {
      asked.push(name);
      return ["93.184.215.14"];
    };
    await checkTarget("https://BÜCHER.example:8443/x", { allowInsecure: false, resolve });
    expect(asked).toEqual(["xn--bcher-kva.example"]);
  });
});

describe("the resolver", () => {
  /** A server of DNS over HTTPS with these answers, by type. */
  function serving(answers: Record<string, unknown>, status = 200) {
    const asked: Request[] = [];
    const reach: typeof fetch = async (input, init) => {
      const request = new Request(input, init ?? {});
      asked.push(request);
      const type = new URL(request.url).searchParams.get("type") ?? "";
      return Response.json(answers[type] ?? { Status: 0 }, { status });
    };
    return { resolve: resolver(reach, () => 0), asked };
  }

  it("gives the addresses of both kinds, without the aliases on the way", async () => {
    const { resolve } = serving({
      A: {
        Status: 0,
        Answer: [
          { name: "shop.example", type: 5, TTL: 60, data: "cdn.example." },
          { name: "cdn.example", type: 1, TTL: 60, data: "93.184.215.14" },
        ],
      },
      AAAA: { Status: 0, Answer: [{ name: "shop.example", type: 28, TTL: 60, data: "2606:4700:4700::1111" }] },
    });
    expect(await resolve("shop.example")).toEqual(["93.184.215.14", "2606:4700:4700::1111"]);
  });

  it("asks for JSON, over https, for the name", async () => {
    const { resolve, asked } = serving({});
    await resolve("shop.example");
    expect(asked.map((request) => [new URL(request.url).protocol, request.headers.get("accept")])).toEqual([
      ["https:", "application/dns-json"],
      ["https:", "application/dns-json"],
    ]);
    expect(new URL(asked[0]?.url ?? "").searchParams.get("name")).toBe("shop.example");
  });

  it("gives nothing for a name that does not exist", async () => {
    const { resolve } = serving({ A: { Status: 3 }, AAAA: { Status: 3 } });
    expect(await resolve("unknown.example")).toEqual([]);
  });

  it.each([
    ["fails for one of the two kinds", { AAAA: { Status: 2 } }, 200],
    ["refuses", {}, 503],
    ["answers something else", { A: { hello: 1 } }, 200],
  ])("throws when the server %s", async (_, answers, status) => {
    await expect(serving(answers, status).resolve("shop.example")).rejects.toThrow();
  });

  describe("keeps the addresses that it found", () => {
    const record = (type: number, data: string, TTL: number) => ({ type, data, TTL });

    /** A resolver with a clock, and a server that counts. @param ttl seconds of its A record. */
    function keeping(ttl: number, aliasTtl = 300) {
      const state = { now: 0, asked: 0 };
      const reach: typeof fetch = async (input) => {
        state.asked += 1;
        const { searchParams } = new URL(new Request(input).url);
        const Answer = [record(5, "cdn.example.", aliasTtl), record(1, "93.184.215.14", ttl)];
        return Response.json(searchParams.get("type") === "A" ? { Status: 0, Answer } : { Status: 0 });
      };
      const cache: AddressCache = new Map();
      return { state, cache, resolve: resolver(reach, () => state.now, cache) };
    }

    it("for a minute at most: a thousand calls of a bucket ask twice", async () => {
      const { state, resolve } = keeping(3_600);
      for (let call = 0; call < 1_000; call += 1) await resolve("shop.example");
      state.now = 59_999;
      expect([await resolve("shop.example"), state.asked]).toEqual([["93.184.215.14"], 2]);
      state.now = 60_000;
      await resolve("shop.example");
      expect(state.asked).toBe(4);
    });

    it.each([
      ["its address", 5, 300],
      ["an alias on the way", 300, 5],
    ])("no longer than the record of %s may be kept", async (_what, ttl, aliasTtl) => {
      const { state, resolve } = keeping(ttl, aliasTtl);
      await resolve("shop.example");
      state.now = 4_999;
      await resolve("shop.example");
      expect(state.asked).toBe(2);
      state.now = 5_000;
      await resolve("shop.example");
      expect(state.asked).toBe(4);
    });

    it("not at all where their time is zero, and not for a name without any", async () => {
      const { state, resolve } = keeping(0);
      await resolve("shop.example");
      await resolve("shop.example");
      expect(state.asked).toBe(4);
      const { resolve: none, asked } = serving({ A: { Status: 3 } });
      await none("unknown.example");
      await none("unknown.example");
      expect(asked.length).toBe(4);
    });

    it("of a thousand names at most, the latest", async () => {
      const { cache, resolve } = keeping(60);
      for (let n = 0; n < 1_000; n += 1) cache.set(`s${n}.example`, { addresses: [], until: 1 });
      await resolve("shop.example");
      expect([cache.size, cache.has("s0.example"), cache.has("shop.example")]).toEqual([1_000, false, true]);
    });
  });
});
