import { expect, test } from "bun:test";
import { type Capabilities, capabilitiesFrom, type JsonObject, parseJson } from "../spec/index.ts";
import { capabilities } from "./capabilities.ts";

const ALL: Required<Capabilities> = {
  portMappings: [
    { hostPort: 8080, containerPort: 80, protocol: "tcp", hostIP: "127.0.0.1" },
    { hostPort: 53, containerPort: 53, protocol: "udp" },
  ],
  bandwidth: { ingressRate: 1_000_000, ingressBurst: 2048, egressRate: 5, egressBurst: 5 },
  ipRanges: [[{ subnet: "10.1.0.0/16", rangeStart: "10.1.0.9", gateway: "10.1.0.1" }], []],
  ips: ["10.1.0.7", "fd00::7/64"],
  mac: "c2:11:22:33:44:55",
  infinibandGUID: "c2:11:22:33:44:55:66:77",
  deviceID: "0000:00:1f.6",
  aliases: ["web"],
  dns: { servers: ["10.1.0.1"], searches: ["example.org"], options: ["ndots:2"] },
  cgroupPath: "/kubepods/pod1",
};

const names = Object.keys(ALL) as (keyof Capabilities)[];
const ctx = (runtimeConfig: JsonObject): { config: JsonObject } => ({ config: { runtimeConfig } });

test("case L6, kind: what a runtime writes by the conventions a plugin reads", () => {
  expect(capabilities(ctx(capabilitiesFrom(ALL)), names)).toEqual(ALL);
  expect(capabilities({ config: {} }, names)).toEqual({});
  const protocol = ctx({ portMappings: [{ hostPort: 1, containerPort: 2, protocol: "UDP" }] });
  expect(capabilities(protocol, ["portMappings"]).portMappings?.[0]?.protocol).toBe("udp");
});

test("case L6, kind: what runtimes in Go write is read: no protocol as an empty one, amounts of 64 bits", () => {
  const runtimeConfig = parseJson(
    '{"portMappings":[{"HostPort":8080,"ContainerPort":80,"Protocol":"","HostIP":""}],' +
      '"bandwidth":{"ingressRate":18446744073709551615,"ingressBurst":8}}',
  ) as JsonObject;
  expect(capabilities(ctx(runtimeConfig), ["portMappings", "bandwidth"])).toEqual({
    portMappings: [{ hostPort: 8080, containerPort: 80, protocol: "tcp", hostIP: "" }],
    bandwidth: { ingressRate: Number.MAX_SAFE_INTEGER, ingressBurst: 8 },
  });
});

test.each([
  [{ portMappings: {} }, "runtimeConfig.portMappings"],
  [
    { portMappings: [{ hostPort: 70_000, containerPort: 1 }] },
    "runtimeConfig.portMappings[0].hostPort",
  ],
  [{ portMappings: [{ hostPort: 7, containerPort: 1, protocol: "icmp" }] }, "protocol"],
  [{ portMappings: [{ hostPort: 0, containerPort: 1 }] }, "portMappings[0].hostPort"],
  [{ portMappings: [{ hostPort: 7, containerPort: 0 }] }, "portMappings[0].containerPort"],
  [
    { bandwidth: { egressRate: parseJson("18446744073709551616") } },
    "18446744073709551616, expected a whole number",
  ],
  [{ bandwidth: { ingressRate: -1 } }, "runtimeConfig.bandwidth.ingressRate"],
  [{ ipRanges: [{ subnet: "10.1.0.0/16" }] }, "runtimeConfig.ipRanges[0]"],
  [{ ips: [7] }, "runtimeConfig.ips[0]"],
  [{ dns: { servers: "10.1.0.1" } }, "runtimeConfig.dns.servers"],
] as [JsonObject, string][])(
  "%j is code 7 that names it, for those that want it",
  (given, where) => {
    const read = (): unknown => capabilities(ctx(given), names);
    expect(read).toThrow(where);
    expect(capabilities(ctx(given), ["mac"])).toEqual({});
  },
);
