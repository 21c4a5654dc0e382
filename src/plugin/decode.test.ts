import { describe, expect, test } from "bun:test";
import * as v from "valibot";
import { CniError, parseJson } from "../spec/index.ts";
import { decode } from "./decode.ts";
import { rule } from "./rule.ts";

const Schema = v.object({
  mtu: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 1500),
  isGateway: v.optional(v.boolean(), false),
  ipam: v.optional(
    v.object({
      type: v.string(),
      ranges: v.optional(v.array(v.array(v.object({ subnet: v.string() })))),
    }),
  ),
  sysctl: v.nullish(v.record(v.string(), v.string())),
  either: v.optional(v.union([v.number(), v.array(v.string())])),
  rate: v.optional(v.number()),
  serial: v.optional(v.bigint()),
});

function error(schema: v.GenericSchema, text: string, where?: string): CniError {
  try {
    decode(schema, parseJson(text), where);
  } catch (thrown) {
    if (thrown instanceof CniError) return thrown;
    throw thrown;
  }
  throw new Error("it was accepted");
}

describe("decode", () => {
  test("fills in defaults and ignores unknown keys", () => {
    expect(decode(Schema, parseJson('{"foo":{"bar":1}}'))).toEqual({ mtu: 1500, isGateway: false });
  });

  test("a value that is none of several is told which there are", () => {
    const Choice = v.object({
      mode: v.optional(v.picklist(["fast", "slow"])),
      either: Schema.entries.either,
    });
    expect(error(Choice, '{"mode":"quick"}').msg).toEndWith('"quick", expected "fast" or "slow"');
    expect(error(Choice, '{"either":"x"}').msg).toEndWith('"x", expected number or Array');
  });

  test("a RangeError of a rule is code 7 and names the key, another error is a bug", () => {
    const parse = rule({}, (text: string) => {
      if (text !== "10.0.0.0/8") throw new RangeError(`invalid CIDR address: ${text}`);
    });
    const Subnets = v.object({ subnets: v.array(v.pipe(v.string(), parse)) });
    expect(error(Subnets, '{"subnets":["10.0.0.0/8","10.0/8"]}', "ipam")).toMatchObject({
      code: 7,
      msg: 'invalid configuration: "ipam.subnets[1]" is "10.0/8", invalid CIDR address: 10.0/8',
    });
    const broken = rule<string>({}, () => {
      throw new TypeError("oops");
    });
    expect(error(v.pipe(v.string(), broken), '"x"')).toMatchObject({ code: 999, msg: "oops" });
  });

  test("a rule throws what it has to say, behind a pipe of its own too", () => {
    const whole = v.pipe(v.number(), v.integer());
    const even = rule({ multipleOf: 2 }, (size: number) => {
      if (size % 2 !== 0) throw new CniError(7, `invalid size ${size}`, { details: "it is odd" });
    });
    const sizes = v.object({ size: v.optional(v.pipe(whole, even)) });
    expect(decode(sizes, parseJson('{"SIZE":4.0}'))).toEqual({ size: 4 });
    expect(decode(sizes, parseJson('{"size":null}'))).toEqual({});
    expect(error(sizes, '{"size":3}')).toMatchObject({
      code: 7,
      msg: "invalid size 3",
      details: "it is odd",
    });
    expect(error(sizes, '{"size":1.5}').msg).toContain("expected a whole number");
  });

  test("makes a default anew each time", () => {
    const lists = v.object({ list: v.optional(v.array(v.string()), []) });
    decode(lists, {}).list.push("mine");
    expect(decode(lists, {})).toEqual({ list: [] });
  });

  test("matches keys exactly, or else without regard to case, at every depth", () => {
    const text =
      '{"ISGATEWAY":true,"MTU":1,"mtu":2,"Ipam":{"TYPE":"x","Ranges":[[{"SubNet":"10.0.0.0/8"}]]}}';
    expect(decode(Schema, parseJson(text))).toEqual({
      mtu: 2,
      isGateway: true,
      ipam: { type: "x", ranges: [[{ subnet: "10.0.0.0/8" }]] },
    });
  });

  test("takes the last of several equal keys, and keeps the keys of a record as they are", () => {
    expect(decode(Schema, parseJson('{"mtu":1,"mtu":9,"sysctl":{"A":"1","a":"2"}}'))).toEqual({
      mtu: 9,
      isGateway: false,
      sysctl: { A: "1", a: "2" },
    });
  });

  test("takes null for absent", () => {
    const text = '{"mtu":null,"isGateway":null,"ipam":null,"sysctl":null}';
    expect(decode(Schema, parseJson(text))).toEqual({ mtu: 1500, isGateway: false });
    expect(error(Schema, '{"ipam":{"type":null}}').msg).toContain('"ipam.type" is missing');
  });

  test("a wrong type is code 7 and names key, value and what was expected", () => {
    const cases: [string, string][] = [
      ['{"mtu":"1500"}', '"mtu" is "1500", expected a number'],
      ['{"mtu":1.5}', '"mtu" is 1.5, expected a whole number of at most 9007199254740991'],
      ['{"isGateway":"true"}', '"isGateway" is "true", expected a boolean'],
      ['{"ipam":[]}', '"ipam" is [], expected an object'],
      ['{"ipam":1.0}', '"ipam" is 1.0, expected an object'],
      ['{"ipam":"x"}', '"ipam" is "x", expected an object'],
      ['{"sysctl":[]}', '"sysctl" is [], expected an object'],
      ['{"ipam":{"type":5}}', '"ipam.type" is 5, expected a string'],
      ['{"ipam":{"type":"x","ranges":{}}}', '"ipam.ranges" is {}, expected an array'],
      [
        '{"ipam":{"type":"x","ranges":[[{"subnet":"a"},{"subnet":true}]]}}',
        '"ipam.ranges[0][1].subnet" is true, expected a string',
      ],
      ['{"sysctl":{"a.b":1.0}}', '"sysctl.a.b" is 1.0, expected a string'],
      ['{"mtu":-1}', '"mtu" is -1, expected >=0'],
      ["[]", "it is [], expected an object"],
    ];
    for (const [text, msg] of cases) {
      expect(error(Schema, text)).toMatchObject({
        code: 7,
        msg: `invalid configuration: ${msg}`,
      });
    }
  });

  test("says where a part was found, and cuts long values", () => {
    expect(error(v.object({ a: v.string() }), '{"a":1}', "ipam").msg).toContain('"ipam.a" is 1');
    const long = error(v.object({ a: v.number() }), `{"a":"${"x".repeat(500)}"}`).msg;
    expect(long.length).toBeLessThan(180);
  });

  test("case P18: whole numbers are taken in every form", () => {
    const forms = ["1400.0", "1.4e3", "1.4E+03", "140000e-2", "1400.000", "1400"];
    for (const number of forms) {
      expect(decode(Schema, parseJson(`{"mtu":${number}}`)).mtu).toBe(1400);
    }
    expect(decode(Schema, parseJson('{"mtu":1e+06}')).mtu).toBe(1_000_000);
    expect(decode(Schema, parseJson('{"serial":1e+06}')).serial).toBe(1_000_000n);
    expect(decode(Schema, parseJson('{"serial":12345678901234567890.0}')).serial).toBe(
      12345678901234567890n,
    );
  });

  test("case P18: what is not whole, or not held exactly, is refused; bigint takes any size", () => {
    const wrong = ["1400.5", "1e400", "1e-1", "9007199254740993", "12345678901234567890", "9e15"];
    expect(error(Schema, '{"mtu":1e21}').msg).toContain("expected a whole number of at most");
    for (const number of [...wrong.slice(0, 5), "9.007199254740993e15"]) {
      expect(error(Schema, `{"mtu":${number}}`).msg).toContain(
        `"mtu" is ${number}, expected a whole`,
      );
    }
    const text = '{"serial":12345678901234567890,"rate":1.0,"mtu":-0}';
    expect(decode(Schema, parseJson(text))).toEqual({
      mtu: 0,
      isGateway: false,
      rate: 1,
      serial: 12345678901234567890n,
    });
  });

  test("a union is read by the first option that fits", () => {
    expect(decode(Schema, parseJson('{"either":1.0}')).either).toBe(1);
    expect(decode(Schema, parseJson('{"either":["a"]}')).either).toEqual(["a"]);
    expect(error(Schema, '{"either":true}')).toMatchObject({ code: 7 });
  });

  test("what a schema leaves open keeps its numbers as they were written", () => {
    const open = decode(v.looseObject({ known: v.any() }), parseJson('{"known":1.0,"x":[2.0]}'));
    expect(String(open.known)).toBe("1.0");
    expect(String((open["x"] as unknown[])[0])).toBe("2.0");
  });

  test("R20 a strict schema answers an unknown key with code 2, key and value", () => {
    const strict = v.strictObject({ mtu: v.optional(v.number()) });
    expect(error(strict, '{"mtu":1,"foo":1}')).toMatchObject({
      code: 2,
      msg: 'unsupported field "foo" with value 1',
    });
    expect(error(strict, '{"type":"x"}', "ipam")).toMatchObject({ code: 2 });
  });

  test("R21 a strict schema overlooks the keys that any plugin may be sent", () => {
    const strict = v.strictObject({ mtu: v.optional(v.number()) });
    const text =
      '{"$schema":"x","cniVersion":"1.1.0","name":"n","type":"t","args":{"a":1},"runtimeConfig":{},' +
      '"prevResult":{},"capabilities":{},"cni.dev/valid-attachments":[],"MTU":1}';
    expect(decode(strict, parseJson(text))).toEqual({ mtu: 1 });
  });

  test("R19 the standard keys keep their meaning", () => {
    const standard = v.object({
      ipMasq: v.boolean(),
      ipam: v.object({ type: v.string() }),
      dns: v.object({ nameservers: v.array(v.string()), domain: v.string() }),
    });
    const value = {
      ipMasq: true,
      ipam: { type: "host-local" },
      dns: { nameservers: ["10.1.0.1"], domain: "example.org" },
    };
    expect(decode(standard, value)).toEqual(value);
    expect(error(standard, '{"ipMasq":1}').msg).toContain('"ipMasq" is 1, expected a boolean');
  });

  test("a key named __proto__ is only data", () => {
    const record = v.object({ all: v.record(v.string(), v.any()) });
    const decoded = decode(record, parseJson('{"all":{"__proto__":{"polluted":1},"a":1}}'));
    expect(decoded.all["a"]).toBe(1);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    expect((decoded.all as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  test("a schema that contains itself is followed", () => {
    interface Tree {
      children?: Tree[] | undefined;
      name: string;
    }
    const tree: v.GenericSchema<Tree> = v.object({
      name: v.string(),
      children: v.optional(v.array(v.lazy(() => tree))),
    });
    const text = '{"NAME":"a","children":[{"Name":"b","CHILDREN":null}]}';
    expect(decode(tree, parseJson(text))).toEqual({ name: "a", children: [{ name: "b" }] });
    expect(error(tree, '{"name":"a","children":[{}]}').msg).toContain('"children[0].name"');
  });
});
