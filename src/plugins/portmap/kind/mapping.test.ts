import { describe, expect, test } from "bun:test";
import { Ip, Prefix } from "../../../addr/index.ts";
import type { JsonObject } from "../../../spec/index.ts";
import {
  conflictOf,
  mappedAddresses,
  type PortMapping,
  targetFromJson,
  targetsOf,
  targetText,
  targetToJson,
} from "./mapping.ts";

const mapping = (hostIp?: string, more: Partial<PortMapping> = {}): PortMapping => ({
  hostPort: 8080,
  containerPort: 80,
  protocol: "tcp",
  hostIp: hostIp === undefined ? undefined : Ip.parse(hostIp),
  ...more,
});
const both = [Ip.parse("10.1.0.5"), Ip.parse("fd00::5")];
const texts = (mappings: PortMapping[]): string[] => targetsOf(mappings, both).map(targetText);

describe("targets", () => {
  test("there is one for each family of the container", () => {
    expect(texts([mapping()])).toEqual([
      "tcp port 8080 → 10.1.0.5:80",
      "tcp port 8080 → [fd00::5]:80",
    ]);
  });

  test("hostIP leaves the other family out, and the unspecified one restricts nothing else", () => {
    expect(texts([mapping("127.0.0.1")])).toEqual(["tcp 127.0.0.1:8080 → 10.1.0.5:80"]);
    expect(texts([mapping("2001:db8::1")])).toEqual(["tcp [2001:db8::1]:8080 → [fd00::5]:80"]);
    expect(texts([mapping("0.0.0.0")])).toEqual(["tcp port 8080 → 10.1.0.5:80"]);
    expect(texts([mapping("::")])).toEqual(["tcp port 8080 → [fd00::5]:80"]);
  });

  test("there is none for a family that the container does not have", () => {
    expect(targetsOf([mapping("::1")], [Ip.parse("10.1.0.5")])).toEqual([]);
    expect(targetsOf([mapping()], [])).toEqual([]);
  });

  test("of two that are the same, one is left", () => {
    expect(texts([mapping(), mapping("0.0.0.0"), mapping("::")])).toHaveLength(2);
  });

  test("an owner record gives them back", () => {
    const all = targetsOf([mapping(), mapping("127.0.0.1", { protocol: "udp" })], both);
    const back = all.map((target) =>
      targetFromJson(
        JSON.parse(JSON.stringify(targetToJson(target))) as ReturnType<typeof targetToJson>,
      ),
    );
    expect(back.map((each) => each && targetText(each))).toEqual(all.map(targetText));
  });

  test("an owner record with something else is not understood", () => {
    const good: JsonObject = {
      hostPort: 1,
      containerPort: 2,
      protocol: "tcp",
      address: "10.0.0.1",
    };
    expect(targetFromJson(good)).toBeDefined();
    const wrong = { protocol: "icmp", hostPort: "1", containerPort: null, address: "nowhere" };
    for (const [key, value] of Object.entries(wrong)) {
      expect(targetFromJson({ ...good, [key]: value })).toBeUndefined();
    }
    for (const json of [null, [], "tcp", {}]) expect(targetFromJson(json)).toBeUndefined();
  });
});

test("mappings lead to the first address of each family, IPv4 first", () => {
  const addresses = ["fd00::5/64", "10.1.0.5/16", "10.2.0.5/16", "fd00::6/64"];
  const found = mappedAddresses(addresses.map((text) => Prefix.parse(text)));
  expect(found.map(String)).toEqual(["10.1.0.5/16", "fd00::5/64"]);
});

test("a conflict is a port of the host that leads to two ports", () => {
  const other = mapping(undefined, { containerPort: 81 });
  expect(conflictOf([mapping(), other])).toEqual([mapping(), other]);
  expect(conflictOf([mapping(), mapping()])).toBeUndefined();
  expect(conflictOf([mapping("127.0.0.1"), other])).toBeUndefined();
});
