import { afterEach, beforeEach, expect, test } from "bun:test";
import { readdirSync, readlinkSync } from "node:fs";
import { must } from "../../../tests/support/exec.ts";
import { link, RouteSocket } from "../route/index.ts";
import { pinThreadNetns } from "../sys/index.ts";
import { Netns } from "./netns.ts";

/** A process whose thread leaves its namespace for visits only. */

beforeEach(async () => {
  for (const name of ["one", "two"]) await must(["ip", "netns", "add", name]);
});
afterEach(async () => {
  for (const name of ["one", "two"]) await must(["ip", "netns", "delete", name]);
});

const where = (): string => readlinkSync("/proc/thread-self/ns/net");
const descriptors = (): number => readdirSync("/proc/self/fd").length;

test("visits lead there and back, nested ones and those that fail too", () => {
  using one = Netns.open("/run/netns/one");
  using two = Netns.open("/run/netns/two");
  const outside = where();
  using _pinned = pinThreadNetns();
  const seen = one.run(() => {
    const inOne = where();
    const inTwo = two.run(where);
    expect(() =>
      two.run(() => {
        throw new Error("inside");
      }),
    ).toThrow("inside");
    return [inOne, inTwo, where()];
  });
  expect(new Set([...seen, outside]).size).toBe(3);
  expect(seen[2]).toBe(seen[0]);
  expect(where()).toBe(outside);
  expect(() => one.run(() => Promise.resolve())).toThrow(TypeError);
  expect(where()).toBe(outside);
});

test("a socket stays for the next one that needs it, in its own namespace only", () => {
  using one = Netns.open("/run/netns/one");
  const known = (netns?: Netns): boolean => {
    using socket = RouteSocket.open(netns);
    return link.get(socket, { name: "here" }) !== undefined;
  };
  {
    using host = RouteSocket.open();
    link.add(host, { name: "here", kind: "bridge" });
  }
  {
    using _pinned = pinThreadNetns();
    expect([known(), known(one), one.run(() => known())]).toEqual([true, false, false]);
    const before = descriptors();
    expect([known(), known(), known(one), known()]).toEqual([true, true, false, true]);
    expect(descriptors()).toBe(before);
    // Two at a time are two.
    using first = RouteSocket.open();
    using second = RouteSocket.open();
    expect(first.netlink.portId).not.toBe(second.netlink.portId);
  }
  expect(known()).toBe(true);
});

test("what a call that failed has left in a socket is not taken for an answer", () => {
  using _pinned = pinThreadNetns();
  const failed = RouteSocket.open();
  const question = link.listMessage();
  failed.netlink.sendRaw(messageOf(question.type, question.payload));
  failed[Symbol.dispose]();
  using next = RouteSocket.open();
  expect(next.netlink.poll(0)).toBe(false);
  expect(link.get(next, { name: "lo" })?.index).toBe(1);
});

/** A dump request (NLM_F_REQUEST, NLM_F_DUMP) whose answer is left unread. */
function messageOf(type: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(16 + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint16(4, type, true);
  view.setUint16(6, 0x301, true);
  view.setUint32(8, 1, true);
  bytes.set(payload, 16);
  return bytes;
}
