import { describe, expect, test } from "bun:test";
import fc from "fast-check";

import { Ip, Prefix } from "../../addr/index.ts";
import { CniError } from "../errors.ts";
import { isObject, type JsonObject, parseJson, printJson } from "../json/index.ts";
import { SPEC_VERSIONS, type SpecVersion } from "../versions.ts";
import { familyOf } from "./family.ts";
import {
  convertResult,
  emptyResult,
  parseResult,
  printResult,
  type Result,
  resultAs,
} from "./index.ts";

describe("reading what a plugin printed", () => {
  test.each([
    ['{"ips":[]}', "1.1.0"],
    ['{"cniVersion":""}', "1.1.0"],
    ['{"cniVersion":5}', "1.1.0"],
    ['{"cniVersion":null}', "1.1.0"],
    ["null", "1.1.0"],
  ])("R103 %s has the version of the configuration", (text, version) => {
    expect(parseResult(text, version)).toEqual(emptyResult("1.1.0"));
  });

  test("R103 without any version it is 0.1.0", () => {
    expect(parseResult("{}", "").cniVersion).toBe("0.1.0");
    expect(emptyResult("").cniVersion).toBe("0.1.0");
  });

  test("R104 D13 a result of another version is read by its own and can be converted", () => {
    const text = '{"cniVersion":"0.4.0","ips":[{"version":"4","address":"10.0.0.1/24"}]}';
    const result = parseResult(text, "1.1.0");
    expect(result.cniVersion).toBe("0.4.0");
    const converted = resultAs(result, "1.1.0");
    expect(converted.cniVersion).toBe("1.1.0");
    expect(converted.ips).toEqual([{ address: "10.0.0.1/24" }]);
  });

  test("case P18, kind: whole numbers of a result may be written in another form", () => {
    const text =
      '{"interfaces":[{"name":"eth0","mtu":1.5e3}],"ips":[{"address":"10.0.0.1/24","interface":0.0}]}';
    const { interfaces, ips } = parseResult(text, "1.1.0");
    expect([interfaces[0]?.mtu, ips[0]?.interface]).toEqual([1500, 0]);
  });

  test("R124 a result that the version cannot hold says so", () => {
    expect(() => resultAs(emptyResult("1.1.0"), "0.2.0")).toThrow(CniError);
  });

  test.each([
    ["[]", "result must be a JSON object"],
    ['"x', "line 1:"],
    ['{"ips":{}}', "ips: must be a list, not object"],
    ['{"ips":[5]}', "ips[0]: must be an object, not number"],
    ['{"ips":[{"address":5}]}', "ips[0].address: must be a string, not number"],
    ['{"ips":[{"address":"10.0.0.1/24","interface":"0"}]}', "ips[0].interface: must be a number"],
    [
      '{"ips":[{"address":"10.0.0.1/24","interface":1.5}]}',
      "ips[0].interface: must be a whole number",
    ],
    ['{"interfaces":[{"mtu":1500.5}]}', "interfaces[0].mtu: must be a whole number, not"],
    ['{"interfaces":[{"mtu":1e400}]}', "interfaces[0].mtu: must be a whole number, not"],
    ['{"interfaces":[{"mtu":12345678901234567890}]}', "interfaces[0].mtu: must be a whole number"],
    ['{"interfaces":[{"mac":5}]}', "interfaces[0].mac: must be a string"],
    ['{"routes":[{"dst":"::/0","table":true}]}', "routes[0].table: must be a number, not boolean"],
    ['{"dns":[]}', "dns: must be an object, not array"],
    ['{"dns":{"search":[1]}}', "dns.search[0]: must be a string, not number"],
  ])("R39 %s is refused with its place", (text, message) => {
    let error: unknown;
    try {
      parseResult(text, "1.1.0");
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(CniError);
    const { code, msg } = CniError.from(error);
    expect(code).toBe(6);
    expect(msg).toContain(message);
  });
});

const FULL: Result = {
  cniVersion: "1.1.0",
  interfaces: [{ name: "eth0", mac: "m", mtu: 1, sandbox: "s", socketPath: "p", pciID: "i" }],
  ips: [{ address: "10.0.0.1/24", gateway: "10.0.0.2", interface: 0, extra: { a: 1 } }],
  routes: [
    { dst: "0.0.0.0/0", gw: "10.0.0.2", mtu: 1, advmss: 2, priority: 3, table: 4, scope: 5 },
  ],
  dns: { nameservers: ["n"], domain: "d", search: ["s"], options: ["o"] },
  extra: { zzz: 1, aaa: 2 },
};

describe("printing", () => {
  test("R102 from 1.0.0 on keys are alphabetical, unknown ones last, four spaces a level", () => {
    const printed = printResult(FULL, "1.0.0");
    expect(printed).toStartWith(
      '{\n    "cniVersion": "1.0.0",\n    "dns": {\n        "domain": "d",',
    );
    expect(printed.endsWith("}")).toBe(true);
    expect(printed.replace(/\s/g, "")).toBe(
      '{"cniVersion":"1.0.0","dns":{"domain":"d","nameservers":["n"],"options":["o"],"search":["s"]},' +
        '"interfaces":[{"mac":"m","mtu":1,"name":"eth0","pciID":"i","sandbox":"s","socketPath":"p"}],' +
        '"ips":[{"address":"10.0.0.1/24","gateway":"10.0.0.2","interface":0,"a":1}],' +
        '"routes":[{"advmss":2,"dst":"0.0.0.0/0","gw":"10.0.0.2","mtu":1,"priority":3,"scope":5,"table":4}],' +
        '"zzz":1,"aaa":2}',
    );
  });

  test("R102 below 1.0.0 keys stand in the order of Go's structures", () => {
    expect(printResult(FULL, "0.4.0").replace(/\s/g, "")).toBe(
      '{"cniVersion":"0.4.0","interfaces":[{"name":"eth0","mac":"m","sandbox":"s"}],' +
        '"ips":[{"version":"4","interface":0,"address":"10.0.0.1/24","gateway":"10.0.0.2","a":1}],' +
        '"routes":[{"dst":"0.0.0.0/0","gw":"10.0.0.2","mtu":1,"advmss":2,"priority":3,"table":4,"scope":5}],' +
        '"dns":{"nameservers":["n"],"domain":"d","search":["s"],"options":["o"]},"zzz":1,"aaa":2}',
    );
    expect(printResult(FULL, "0.2.0").replace(/\s/g, "")).toBe(
      '{"cniVersion":"0.2.0","ip4":{"ip":"10.0.0.1/24","gateway":"10.0.0.2",' +
        '"routes":[{"dst":"0.0.0.0/0","gw":"10.0.0.2"}],"a":1},' +
        '"dns":{"nameservers":["n"],"domain":"d","search":["s"],"options":["o"]},"zzz":1,"aaa":2}',
    );
  });

  test("D14 an unknown key that the other version knows is not carried over unchecked", () => {
    const tagged = parseResult(
      '{"cniVersion":"0.4.0","interfaces":[{"name":"a","MTU":"x"}]}',
      "0.4.0",
    );
    expect(convertResult(tagged, "0.3.1")["interfaces"]).toEqual([{ name: "a", MTU: "x" }]);
    expect(convertResult(tagged, "1.1.0")["interfaces"]).toEqual([{ name: "a" }]);
  });
});

const v4 = fc
  .tuple(fc.bigInt(0n, (1n << 32n) - 1n), fc.integer({ min: 0, max: 32 }))
  .map(([n, length]) => new Prefix(Ip.fromBigInt(4, n), length));
const v6 = fc
  .tuple(fc.bigInt(1n << 64n, (1n << 128n) - 1n), fc.integer({ min: 0, max: 128 }))
  .map(([n, length]) => new Prefix(Ip.fromBigInt(6, n), length));
const prefix = fc.oneof(v4, v6).map(String);
const address = fc.oneof(v4, v6).map((one) => String(one.ip));
const word = fc.string({ minLength: 1 });
const count = fc.integer({ min: 1, max: 65536 });
// Keys no version knows, with values whose digits JavaScript would change.
const extra = fc.dictionary(
  fc.oneof(
    fc.constant("__proto__"),
    word.map((key) => `x-${key}`),
  ),
  fc.constantFrom("1.0", "12345678901234567890", "1e400", '{"a":[-0]}', '"<&>"', "null"),
  { minKeys: 1, maxKeys: 3 },
);

function parsedExtra(entries: Record<string, string>): JsonObject {
  const texts = Object.entries(entries).map(([key, text]) => `${JSON.stringify(key)}:${text}`);
  const value = parseJson(`{${texts.join()}}`);
  if (!isObject(value)) throw new Error("no object");
  return value;
}

const withExtra = { extra: extra.map(parsedExtra) };
const options = { requiredKeys: [] as [] };
const dns = fc.record(
  {
    nameservers: fc.array(word, { minLength: 1 }),
    domain: word,
    search: fc.array(word, { minLength: 1 }),
    options: fc.array(word, { minLength: 1 }),
    ...withExtra,
  },
  options,
);
const current: fc.Arbitrary<Result> = fc
  .record(
    {
      cniVersion: fc.constantFrom("1.0.0", "1.1.0"),
      interfaces: fc.array(
        fc.record(
          {
            name: word,
            mac: word,
            mtu: count,
            sandbox: word,
            socketPath: word,
            pciID: word,
            ...withExtra,
          },
          { requiredKeys: ["name"] },
        ),
      ),
      ips: fc.array(
        fc.record(
          { address: prefix, gateway: address, interface: fc.integer(), ...withExtra },
          { requiredKeys: ["address"] },
        ),
      ),
      routes: fc.array(
        fc.record(
          {
            dst: prefix,
            gw: address,
            mtu: count,
            advmss: count,
            priority: count,
            table: fc.nat(),
            scope: fc.nat(255),
            ...withExtra,
          },
          { requiredKeys: ["dst"] },
        ),
      ),
      dns,
      ...withExtra,
    },
    { requiredKeys: ["cniVersion", "interfaces", "ips", "routes", "dns"] },
  )
  .map((result) => result as Result);

describe("for any result", () => {
  test("R105 D14 reading what was printed gives the result again, unknown keys and digits too", () => {
    fc.assert(
      fc.property(current, (result) => {
        const printed = printResult(result, result.cniVersion);
        const again = parseResult(printed, result.cniVersion, { exact: true });
        expect(again).toEqual(result);
        expect(printResult(again, result.cniVersion)).toBe(printed);
      }),
    );
  });

  test("R108 every pair of versions converts, or says that there is no address", () => {
    const version = fc.constantFrom(...SPEC_VERSIONS);
    fc.assert(
      fc.property(current, version, version, (result, from, to) => {
        if (result.ips.length === 0) {
          expect(() => resultAs(result, "0.2.0")).toThrow("cannot convert: no valid IP addresses");
          return;
        }
        const source = resultAs(result, from);
        const target = resultAs(source, to);
        expect(target.cniVersion).toBe(to);
        expect(stable(target, to)).toBe(true);
        expect(printJson({ x: target.extra ?? {} })).toBe(printJson({ x: result.extra ?? {} }));
        if (familyOf(from) !== "slots" && familyOf(to) !== "slots") {
          expect(target.ips.map((ip) => ip.address)).toEqual(result.ips.map((ip) => ip.address));
          expect(target.ips.map((ip) => ip.extra)).toEqual(result.ips.map((ip) => ip.extra));
          expect(target.routes).toEqual(result.routes);
        }
      }),
    );
  });
});

/** Whether converting to the version a result already has changes nothing. */
function stable(result: Result, version: SpecVersion): boolean {
  return printResult(resultAs(result, version), version) === printResult(result, version);
}
