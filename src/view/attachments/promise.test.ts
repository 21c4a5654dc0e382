import { expect, test } from "bun:test";
import fc from "fast-check";
import { isObject, type JsonObject, parseJson } from "../../spec/index.ts";
import { portsOf, promisedBy } from "./promise.ts";

function objectOf(text: string): JsonObject {
  const value = parseJson(text);
  if (!isObject(value)) throw new Error("no object");
  return value;
}

const INTERFACES = `"interfaces": [
  { "name": "cni0" },
  { "name": "veth1", "sandbox": "" },
  { "name": "eth0", "sandbox": "/run/netns/blue", "mac": "0a:00:00:00:00:01" },
  { "name": "eth0", "sandbox": "/run/netns/blue", "mac": "0a:00:00:00:00:02" }
]`;

test.each([
  ["2", true],
  ["2.0", true],
  ["1", false],
  ["3", false],
  ["9", true],
  ["null", true],
  // What no machine can count to, and nothing has noted: it must not end the whole list.
  ["1e400", true],
  ["123456789012345678901234567890", true],
])("an address of interface %s is eth0's: %p", (at, isIts) => {
  const result = objectOf(
    `{${INTERFACES}, "ips": [{ "address": "10.1.0.2/16", "interface": ${at} }]}`,
  );
  expect(promisedBy(result, "eth0")).toEqual({
    addresses: isIts ? ["10.1.0.2/16"] : [],
    hostInterfaces: ["cni0", "veth1"],
    mac: "0a:00:00:00:00:01",
  });
});

test("results before 0.3.0 have an address of each family", () => {
  const result = objectOf('{"ip4": {"ip": "10.1.0.2/16"}, "ip6": {"ip": "fd00::2/64"}}');
  expect(promisedBy(result, "eth0").addresses).toEqual(["10.1.0.2/16", "fd00::2/64"]);
});

test("ports are read whatever the case of their keys, and what is no mapping is passed over", () => {
  const args = objectOf(`{"PortMappings": [
    {"hostPort": 8080, "containerPort": 80, "protocol": "TCP"},
    {"HostPort": 53.0, "ContainerPort": 5353, "Protocol": "udp", "hostIP": "10.0.0.1"},
    {"hostPort": 0, "containerPort": 80}, "8080", null, {}
  ]}`);
  expect(portsOf(args)).toEqual([
    { hostPort: 8080, containerPort: 80, protocol: "tcp" },
    { hostPort: 53, containerPort: 5353, protocol: "udp", hostIP: "10.0.0.1" },
  ]);
});

test("no JSON keeps a list from being shown", () => {
  const key = fc.constantFrom(
    "interfaces",
    "ips",
    "ip4",
    "portMappings",
    "name",
    "sandbox",
    "address",
  );
  const value = fc.letrec<{ any: string }>((tie) => ({
    any: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom("null", "1e400", "-0", '"eth0"', '""', "true", "[]", "{}"),
      fc.array(tie("any")).map((parts) => `[${parts.join(",")}]`),
      fc.dictionary(key, tie("any")).map((parts) => {
        return `{${Object.entries(parts)
          .map(([name, part]) => `"${name}":${part}`)
          .join(",")}}`;
      }),
    ),
  })).any;
  fc.assert(
    fc.property(fc.dictionary(key, value), (parts) => {
      const fields = Object.entries(parts).map(([name, part]) => `"${name}":${part}`);
      const object = objectOf(`{${fields.join(",")}}`);
      const { addresses, hostInterfaces } = promisedBy(object, "eth0");
      for (const text of [...addresses, ...hostInterfaces]) expect(text).toBeString();
      for (const { hostPort } of portsOf(object)) expect(hostPort).toBeNumber();
    }),
  );
});
