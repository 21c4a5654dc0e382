import { expect, test } from "bun:test";
import { NETLINK_GENERIC, NETLINK_NETFILTER, NETLINK_ROUTE } from "./constant.ts";
import { guarded, openToLook } from "./looking.ts";
import { messageBytes } from "./message.ts";
import type { NetlinkPort } from "./port.ts";

const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const RTM_GETLINK = 18;
const RTM_GETNSID = 90;
const NFT_GETSETELEM = (10 << 8) | 13;
const NFT_NEWSETELEM = (10 << 8) | 12;
const NFNL_MSG_BATCH_BEGIN = 16;

function portTo(sent: Uint8Array[]): NetlinkPort {
  return {
    portId: 1,
    send: (datagram) => void sent.push(datagram),
    receive: () => ({ bytes: new Uint8Array(), group: 0 }),
    poll: () => false,
    [Symbol.dispose]: () => undefined,
  };
}

function send(type: number, port: NetlinkPort): void {
  port.send(messageBytes({ type, flags: 0, payload: new Uint8Array(4) }, 1, 0, 1));
}

test.each([
  [NETLINK_ROUTE, RTM_GETLINK],
  [NETLINK_ROUTE, RTM_GETNSID],
  [NETLINK_NETFILTER, NFT_GETSETELEM],
])("protocol %d: question 0x%d passes", (protocol, type) => {
  const sent: Uint8Array[] = [];
  send(
    type,
    openToLook(() => guarded(protocol, portTo(sent))),
  );
  expect(sent).toHaveLength(1);
});

test.each([
  [NETLINK_ROUTE, RTM_NEWLINK],
  [NETLINK_ROUTE, RTM_DELLINK],
  [NETLINK_NETFILTER, NFT_NEWSETELEM],
  [NETLINK_NETFILTER, NFNL_MSG_BATCH_BEGIN],
  [NETLINK_GENERIC, RTM_GETLINK],
])("protocol %d: message 0x%d is refused before it is sent", (protocol, type) => {
  const sent: Uint8Array[] = [];
  const port = openToLook(() => guarded(protocol, portTo(sent)));
  expect(() => send(type, port)).toThrow("a plan changes nothing");
  expect(sent).toEqual([]);
});

test("of a datagram every message has to be a question", () => {
  const sent: Uint8Array[] = [];
  const port = openToLook(() => guarded(NETLINK_ROUTE, portTo(sent)));
  const messages = [RTM_GETLINK, RTM_DELLINK].map((type) =>
    messageBytes({ type, flags: 0, payload: new Uint8Array(4) }, 1, 0, 1),
  );
  expect(() => port.send(Buffer.concat(messages))).toThrow("a plan changes nothing");
  expect(sent).toEqual([]);
});

test("a socket that is opened otherwise changes what it likes", () => {
  const sent: Uint8Array[] = [];
  openToLook(() => undefined);
  send(RTM_DELLINK, guarded(NETLINK_ROUTE, portTo(sent)));
  expect(sent).toHaveLength(1);
});
