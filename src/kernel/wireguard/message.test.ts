import { expect, test } from "bun:test";
import { Ip, Prefix } from "../../addr/index.ts";
import type { NetlinkMessage, NetlinkRequest } from "../netlink/index.ts";
import { decodeDevice, getMessage, setMessages } from "./message.ts";

const FAMILY = 29;
const key = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const prefixes = (count: number): Prefix[] =>
  Array.from({ length: count }, (_, at) => Prefix.parse(`10.${at >> 8}.${at & 255}.0/24`));

/** What was sent, as if the kernel had answered it. */
function answered(requests: readonly NetlinkRequest[]): NetlinkMessage[] {
  return requests.map((request) => ({ ...request, sequence: 1, portId: 1 }));
}

test("a change of a device, byte for byte by linux/wireguard.h", () => {
  const [message] = setMessages(FAMILY, {
    index: 7,
    privateKey: key(1),
    port: 51_820,
    replacePeers: true,
    peers: [
      {
        publicKey: key(2),
        endpoint: { address: Ip.parse("192.0.2.9"), port: 51_821 },
        keepalive: 25,
        allowedIps: [Prefix.parse("10.42.0.0/26")],
        replaceAllowedIps: true,
      },
    ],
  });
  expect(message?.payload.toHex()).toBe(
    [
      "01010000", // WG_CMD_SET_DEVICE, version 1
      `0800010007000000`, // IFINDEX
      `24000300${"01".repeat(32)}`, // PRIVATE_KEY
      "060006006cca0000", // LISTEN_PORT
      "0800050001000000", // FLAGS: REPLACE_PEERS
      "70000880", // PEERS
      "6c000080", // the first
      `24000100${"02".repeat(32)}`, // PUBLIC_KEY
      "0800030002000000", // FLAGS: REPLACE_ALLOWEDIPS
      "140004000200ca6dc00002090000000000000000", // ENDPOINT
      "0600050019000000", // PERSISTENT_KEEPALIVE_INTERVAL
      "20000980", // ALLOWEDIPS
      "1c000080", // the first
      "0600010002000000", // FAMILY
      "080002000a2a0000", // IPADDR
      "050003001a000000", // CIDR_MASK
    ].join(""),
  );
  expect(getMessage(FAMILY, 7).payload.toHex()).toBe("000100000800010007000000");
});

test("what is written is read again, IPv6 too", () => {
  const peers = [
    {
      publicKey: key(3),
      endpoint: { address: Ip.parse("2001:db8::9"), port: 7 },
      keepalive: 0,
      allowedIps: [Prefix.parse("10.42.0.0/26"), Prefix.parse("fd00:42::/122")],
    },
    { publicKey: key(4) },
  ];
  const device = decodeDevice(answered(setMessages(FAMILY, { index: 5, port: 9, peers })));
  expect(device).toMatchObject({ index: 5, port: 9, mark: 0 });
  expect(device?.peers.map(({ publicKey }) => publicKey)).toEqual([key(3), key(4)]);
  const [first, second] = device?.peers ?? [];
  expect(`${first?.endpoint?.address} ${first?.endpoint?.port}`).toBe("2001:db8::9 7");
  expect(first?.allowedIps.map(String)).toEqual(["10.42.0.0/26", "fd00:42::/122"]);
  expect([second?.allowedIps, second?.endpoint]).toEqual([[], undefined]);
});

test("many addresses of a peer, and many peers, are several messages, and one device again", () => {
  const many = Array.from({ length: 300 }, (_, at) => ({
    publicKey: new Uint8Array(32)
      .fill(9)
      .fill(at & 255, 0, 1)
      .fill(at >> 8, 1, 2),
    allowedIps: prefixes(2),
  }));
  const peers = [
    { publicKey: key(3), allowedIps: prefixes(2000), replaceAllowedIps: true },
    ...many,
  ];
  const messages = setMessages(FAMILY, { index: 5, peers, replacePeers: true });
  expect(messages.length).toBeGreaterThan(4);
  for (const { payload } of messages) expect(payload.length).toBeLessThan(64 * 1024);
  const device = decodeDevice(answered(messages));
  expect(device?.peers.length).toBe(301);
  expect(device?.peers[0]?.allowedIps.map(String)).toEqual(prefixes(2000).map(String));
});

test("a key of another length is refused before it is sent", () => {
  const short = new Uint8Array(31);
  expect(() => setMessages(FAMILY, { index: 5, privateKey: short })).toThrow(
    "has 32 bytes, not 31",
  );
  expect(() => setMessages(FAMILY, { index: 5, peers: [{ publicKey: short }] })).toThrow(
    RangeError,
  );
});

test("no answer is no device", () => {
  expect(decodeDevice([])).toBeUndefined();
});
