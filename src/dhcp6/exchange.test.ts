import { describe, expect, test } from "bun:test";
import { Ip } from "../addr/index.ts";
import { ByteWriter } from "../bytes/index.ts";
import {
  type Client,
  decodeMessage,
  Exchange,
  encodeMessage,
  type Goal,
  type Message,
  MessageType,
  type Option,
  OptionCode,
  type Outcome,
  releaseMessage,
} from "./index.ts";

const client: Client = { duid: Uint8Array.of(0, 4, 1, 2, 3), iaid: 7, request: [23, 24] };
const SERVER = Uint8Array.of(0, 1, 9, 9);
const OTHER = Uint8Array.of(0, 1, 8, 8);
const GIVEN = Ip.parse("fd07::9");

function granted(
  ip = GIVEN,
  preferred = 60,
  valid = 120,
  more: Uint8Array = new Uint8Array(),
): Option {
  const value = new ByteWriter().bytes(ip.bytes).u32be(preferred).u32be(valid).bytes(more);
  return [OptionCode.IAADDR, value.finish()];
}

function association(inner: readonly Option[], iaid = 7, t1 = 0, t2 = 0): Option {
  const writer = new ByteWriter().u32be(iaid).u32be(t1).u32be(t2);
  for (const [code, value] of inner) writer.u16be(code).u16be(value.length).bytes(value);
  return [OptionCode.IA_NA, writer.finish()];
}

function status(code: number, text = ""): Option {
  const words = new TextEncoder().encode(text);
  return [OptionCode.STATUS_CODE, new ByteWriter().u16be(code).bytes(words).finish()];
}

function answer(
  to: Message,
  type: number,
  options: readonly Option[] = [association([granted()])],
  server = SERVER,
): Message {
  const ids: Option[] = [
    [OptionCode.CLIENTID, client.duid],
    [OptionCode.SERVERID, server],
  ];
  return { type, xid: to.xid, options: [...ids, ...options] };
}

const ACQUIRE: Goal = { kind: "acquire" };

/** The judgement of a reply with these options to a request. */
function replied(options: readonly Option[], server = SERVER): Outcome {
  const exchange = new Exchange(client, ACQUIRE, 5);
  exchange.receive(answer(exchange.message(0), MessageType.ADVERTISE));
  return exchange.receive(answer(exchange.message(0), MessageType.REPLY, options, server));
}

/** The times of a lease in seconds, or the reason that there is none. */
function times(t1: number, t2: number, preferred: number, valid: number): unknown {
  const outcome = replied([association([granted(GIVEN, preferred, valid)], 7, t1, t2)]);
  if (outcome.kind !== "bound") return outcome;
  const { renewMs, rebindMs, expiryMs } = outcome.lease.times;
  return [renewMs / 1000, rebindMs / 1000, expiryMs / 1000];
}

test("a search is SOLICIT, ADVERTISE, REQUEST, REPLY under one number", () => {
  const exchange = new Exchange(client, ACQUIRE, 0xff000005);
  const solicit = exchange.message(0);
  expect(solicit).toMatchObject({ type: MessageType.SOLICIT, xid: 5 });
  expect(exchange.receive(answer(solicit, MessageType.ADVERTISE))).toEqual({ kind: "progress" });
  const request = exchange.message(1234);
  expect(request.type).toBe(MessageType.REQUEST);
  const codes = request.options.map(([code]) => code);
  expect(codes).toEqual([
    ...[OptionCode.CLIENTID, OptionCode.SERVERID, OptionCode.ELAPSED_TIME],
    ...[OptionCode.IA_NA, OptionCode.ORO],
  ]);
  expect(request.options[2]?.[1]).toEqual(Uint8Array.of(0, 123));
  const bound = exchange.receive(answer(request, MessageType.REPLY));
  expect(bound).toMatchObject({ kind: "bound", lease: { server: SERVER } });
});

test("a renewal names its server, a rebinding names none; both have the address", () => {
  const held = { address: GIVEN, server: SERVER };
  const renew = new Exchange(client, { kind: "renew", ...held }, 5).message(0);
  const rebind = new Exchange(client, { kind: "rebind", address: GIVEN }, 5).message(0);
  const names = (message: Message, code: number): boolean =>
    message.options.some(([found]) => found === code);
  expect([renew.type, names(renew, OptionCode.SERVERID)]).toEqual([MessageType.RENEW, true]);
  expect([rebind.type, names(rebind, OptionCode.SERVERID)]).toEqual([MessageType.REBIND, false]);
  expect(Buffer.from(encodeMessage(renew)).includes(Buffer.from(GIVEN.bytes))).toBe(true);
  const release = releaseMessage(client, held, 5);
  expect(decodeMessage(encodeMessage(release))).toEqual(release);
});

describe("an answer is not taken", () => {
  const first = new Exchange(client, ACQUIRE, 5).message(0);
  const advertise = answer(first, MessageType.ADVERTISE);
  const without = (code: number): Message => ({
    ...advertise,
    options: advertise.options.filter(([found]) => found !== code),
  });
  const cases: Readonly<Record<string, readonly [Message, RegExp?]>> = {
    "of another transaction": [{ ...advertise, xid: 6 }],
    "of another client": [
      { ...advertise, options: [[OptionCode.CLIENTID, OTHER], ...advertise.options.slice(1)] },
    ],
    "of the wrong type": [answer(first, MessageType.REPLY)],
    "without the client's identifier": [without(OptionCode.CLIENTID)],
    "without a server": [without(OptionCode.SERVERID), /without a server/u],
    "without an association": [without(OptionCode.IA_NA), /no identity association/u],
    "for another association": [
      answer(first, MessageType.ADVERTISE, [association([granted()], 8)]),
      /no identity association/u,
    ],
    "of a multicast address": [
      answer(first, MessageType.ADVERTISE, [association([granted(Ip.parse("ff02::1"))])]),
      /does not have an address/u,
    ],
    "of a link-local address": [
      answer(first, MessageType.ADVERTISE, [association([granted(Ip.parse("fe80::1"))])]),
      /does not have an address/u,
    ],
    "of an address that is not valid any more": [
      answer(first, MessageType.ADVERTISE, [association([granted(GIVEN, 0, 0)])]),
      /does not have an address/u,
    ],
    "that says no": [
      answer(first, MessageType.ADVERTISE, [association([status(2, "none\nleft")])]),
      /no address is available: none\?left/u,
    ],
    "with times out of order": [
      answer(first, MessageType.ADVERTISE, [association([granted()], 7, 60, 50)]),
      /renewal after 60 s and rebinding after 50 s/u,
    ],
    "with an option that runs over its end": [
      answer(first, MessageType.ADVERTISE, [[OptionCode.IA_NA, Uint8Array.of(0, 0, 0, 7, 0)]]),
      /an option is broken/u,
    ],
  };
  for (const [name, [message, reason]] of Object.entries(cases)) {
    test(name, () => {
      const outcome = new Exchange(client, ACQUIRE, 5).receive(message);
      expect(outcome.kind).toBe("ignored");
      if (reason !== undefined) expect(JSON.stringify(outcome)).toMatch(reason);
    });
  }

  test("from another server than the chosen one", () => {
    expect(replied([association([granted()])], OTHER)).toMatchObject({ kind: "ignored" });
  });

  test("of a server that only fails for the moment", () => {
    expect(replied([status(1, "busy")])).toEqual({
      kind: "ignored",
      reason: "it fails without a reason: busy",
    });
  });
});

test("a grant of another address is a refusal, and says which", () => {
  expect(replied([association([granted(Ip.parse("fd07::a"))])])).toEqual({
    kind: "refused",
    reason: "the server refuses the address: the answer does not have fd07::9, but fd07::a",
  });
});

test("times are the server's where they are in order, else parts of the preferred lifetime", () => {
  expect(times(10, 20, 60, 120)).toEqual([10, 20, 120]);
  expect(times(0, 0, 60, 120)).toEqual([30, 48, 120]);
  expect(times(0, 0, 0, 120)).toEqual([60, 96, 120]);
  expect(times(500, 600, 60, 120)).toEqual([30, 48, 120]);
  expect(times(0, 0, 0, 1)).toEqual([1, 1.6, 2]);
  expect(times(0, 0, 0xffffffff, 0xffffffff)).toEqual([Infinity, Infinity, Infinity]);
});

test("resolvers and domains are read, without what cannot be one", () => {
  const servers = new ByteWriter().bytes(Ip.parse("fd07::53").bytes);
  servers.bytes(Ip.parse("ff02::1").bytes).u8(1);
  const domains = new TextEncoder().encode("\x07example\x03org\x00");
  const outcome = replied([
    association([granted()]),
    [OptionCode.DNS_SERVERS, servers.finish()],
    [OptionCode.DOMAIN_LIST, domains],
  ]);
  if (outcome.kind !== "bound") throw new Error(outcome.kind);
  expect(outcome.lease.nameservers.map(String)).toEqual(["fd07::53"]);
  expect(outcome.lease.search).toEqual(["example.org"]);
});

test("bytes that are no message are none, and many options are too many", () => {
  expect(decodeMessage(new Uint8Array(3))).toBeUndefined();
  expect(decodeMessage(Uint8Array.of(7, 0, 0, 1, 0, 1, 0, 9, 1))).toBeUndefined();
  const many = Array.from({ length: 129 }, (): Option => [99, new Uint8Array()]);
  expect(decodeMessage(encodeMessage({ type: 7, xid: 1, options: many }))).toBeUndefined();
});
