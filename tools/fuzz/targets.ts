import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ip, Mac } from "../../src/addr/index.ts";
import * as dhcp from "../../src/dhcp/index.ts";
import * as dhcp6 from "../../src/dhcp6/index.ts";
import { decodeMessages } from "../../src/kernel/netlink/index.ts";
import { address, link, neighbour, route } from "../../src/kernel/route/index.ts";
import { decodeAdvertisement, readDomains } from "../../src/ndp/index.ts";
import { cachedFiles } from "../../src/runtime/index.ts";
import {
  CniError,
  LATEST,
  parseArgs,
  parseJsonWithComments,
  parseNetworkConfig,
  parsePluginConfig,
  parseResult,
  printResult,
} from "../../src/spec/index.ts";
import { judge } from "../../src/validate/index.ts";
import { HEALTHY } from "../../tests/fixtures/configurations/healthy.ts";
import { advertisement } from "../../tests/support/advertiser.ts";
import { fixtureBytes } from "../../tests/support/netlink-fixture.ts";
import type { Target } from "./target.ts";

/** What reads the words of strangers: files of networks, answers of plugins, packets. */

const encoder = new TextEncoder();
const CONFIGURATIONS = Object.values(HEALTHY).map(({ text }) => encoder.encode(text));
const isCniError = (thrown: unknown): boolean => thrown instanceof CniError;
const isTooShort = (thrown: unknown): boolean => thrown instanceof RangeError;

const RESULT = {
  cniVersion: LATEST,
  interfaces: [{ name: "eth0", mac: "02:00:00:00:00:01", sandbox: "/run/netns/a" }],
  ips: [{ address: "10.1.0.2/16", gateway: "10.1.0.1", interface: 0 }],
  routes: [{ dst: "0.0.0.0/0", gw: "10.1.0.1" }],
  dns: { nameservers: ["10.1.0.1"], search: ["example.org"] },
};

const CACHED = encoder.encode(
  JSON.stringify({
    kind: "cniCacheV1",
    containerId: "a",
    config: Buffer.from(CONFIGURATIONS[0] ?? "").toString("base64"),
    ifName: "eth0",
    networkName: "podman",
    cniArgs: [["IgnoreUnknown", "1"]],
    capabilityArgs: { portMappings: [{ hostPort: 8080, containerPort: 80, protocol: "tcp" }] },
    result: RESULT,
  }),
);

/** Behind the headers of Ethernet, IPv4 and UDP. */
const DHCP_MESSAGE_AT = 42;

const DECODERS = [
  address.decodeAddress,
  link.decodeLink,
  neighbour.decodeNeighbour,
  route.decodeRoute,
] as const;

/** Each target, by name. */
export const TARGETS: readonly Target[] = [
  {
    name: "configuration",
    seeds: CONFIGURATIONS,
    read: (input) => {
      const text = new TextDecoder().decode(input);
      parseNetworkConfig(text);
      parsePluginConfig(text);
    },
    refuses: isCniError,
  },
  {
    name: "comments",
    seeds: [...CONFIGURATIONS, encoder.encode('{ // a\n "a": [1, /* b */ 2.50e3, "\\u00e9"] }')],
    read: (input) => {
      parseJsonWithComments(new TextDecoder().decode(input));
    },
    refuses: (thrown) => thrown instanceof SyntaxError || isCniError(thrown),
  },
  {
    name: "result",
    seeds: [encoder.encode(JSON.stringify(RESULT))],
    read: (input) => {
      const result = parseResult(new TextDecoder().decode(input), LATEST);
      printResult(result, result.cniVersion);
    },
    refuses: (thrown) => thrown instanceof SyntaxError || isCniError(thrown),
  },
  {
    name: "arguments",
    seeds: ["IgnoreUnknown=1;K8S_POD_NAME=web-0", "MAC=02:00:00:00:00:01"].map((text) =>
      encoder.encode(text),
    ),
    read: (input) => {
      parseArgs(new TextDecoder().decode(input));
    },
    refuses: isCniError,
  },
  { name: "validate", seeds: CONFIGURATIONS, read: validated },
  { name: "cache", seeds: [CACHED], read: remembered },
  {
    name: "netlink",
    seeds: ["link/br0", "link/vx0", "address/br0", "route/multipath", "neighbour/vx0"].map(
      fixtureBytes,
    ),
    read: (input) => {
      for (const { payload } of decodeMessages(input)) {
        for (const decode of DECODERS) decode(payload);
      }
    },
    refuses: isTooShort,
  },
  {
    name: "dhcp",
    seeds: [offer(), offer().subarray(DHCP_MESSAGE_AT)],
    read: (input) => {
      const arrival = dhcp.decodeFrame(input);
      dhcp.decodeMessage(arrival?.payload ?? input);
    },
  },
  {
    name: "dhcp6",
    seeds: [
      dhcp6.encodeMessage({
        type: dhcp6.MessageType.ADVERTISE,
        xid: 0x010203,
        options: [[dhcp6.OptionCode.CLIENTID, Uint8Array.of(0, 3, 0, 1, 2)]],
      }),
    ],
    read: (input) => {
      dhcp6.decodeMessage(input);
    },
  },
  {
    name: "ndp",
    seeds: [advertisement(Mac.parse("02:00:00:00:00:01")), encoder.encode("\x07example\x03org\0")],
    read: (input) => {
      decodeAdvertisement(input);
      readDomains(input);
    },
    refuses: isTooShort,
  },
];

async function validated(input: Uint8Array): Promise<void> {
  await inDirectory("any.conflist", input, async (directory) => {
    await judge([directory]);
  });
}

async function remembered(input: Uint8Array): Promise<void> {
  await inDirectory("podman-a-eth0", input, (directory) => {
    cachedFiles(directory);
  });
}

async function inDirectory(
  name: string,
  content: Uint8Array,
  look: (directory: string) => void | Promise<void>,
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "hawser-fuzz-"));
  try {
    writeFileSync(join(directory, name), content);
    await look(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** An offer, as a server sends it. */
function offer(): Uint8Array {
  const ip = (text: string): Ip => Ip.parse(text);
  const mac = Mac.parse("02:00:00:00:00:01");
  const message = dhcp.encodeMessage({
    ...{ op: 2, xid: 7, secs: 0, broadcast: true, chaddr: mac, type: dhcp.MessageType.OFFER },
    ...{ ciaddr: ip("0.0.0.0"), yiaddr: ip("10.7.0.9"), giaddr: ip("0.0.0.0") },
    options: new Map([[dhcp.OptionCode.SUBNET_MASK, Uint8Array.of(255, 255, 255, 0)]]),
  });
  const to = {
    ...{ sourceMac: mac, source: ip("10.7.0.1") },
    ...{ destinationMac: dhcp.BROADCAST_MAC, destination: dhcp.BROADCAST_IP },
  };
  return dhcp.encodeFrame(to, message);
}
