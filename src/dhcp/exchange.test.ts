import { describe, expect, test } from "bun:test";
import { Ip, Mac } from "../addr/index.ts";
import { type Client, Exchange, type Message, MessageType, OptionCode } from "./index.ts";

const SERVER = Ip.parse("10.7.0.1");
const GIVEN = Ip.parse("10.7.0.9");
const client: Client = {
  mac: Mac.parse("02:00:00:00:00:01"),
  clientId: Uint8Array.of(0, 97),
  broadcast: false,
  provide: new Map(),
  request: [3, 1],
};
const MASK: [number, Uint8Array] = [OptionCode.SUBNET_MASK, Uint8Array.of(255, 255, 255, 0)];

function reply(
  to: Message,
  type: number,
  options: [number, Uint8Array][] = [MASK],
  other: Partial<Message> = {},
): Message {
  const all = new Map<number, Uint8Array>([[OptionCode.SERVER_ID, SERVER.bytes], ...options]);
  return { ...to, op: 2, type, yiaddr: GIVEN, options: all, ...other };
}

/** The lease of an ACK with these options. */
function granted(...options: [number, Uint8Array][]): ReturnType<Exchange["receive"]> {
  const exchange = new Exchange(client, { kind: "acquire" }, 7);
  exchange.receive(reply(exchange.message(0), MessageType.OFFER));
  return exchange.receive(reply(exchange.message(0), MessageType.ACK, [MASK, ...options]));
}

function lease(...options: [number, Uint8Array][]): unknown {
  const outcome = granted(...options);
  return outcome.kind === "bound" ? JSON.parse(JSON.stringify(outcome.lease)) : outcome;
}

test("a search is DISCOVER, OFFER, REQUEST, ACK under one number", () => {
  const exchange = new Exchange(client, { kind: "acquire" }, 7);
  const discover = exchange.message(0);
  expect(discover).toMatchObject({ type: MessageType.DISCOVER, xid: 7 });
  expect(discover.options.get(OptionCode.CLIENT_ID)).toEqual(client.clientId);
  expect(exchange.receive(reply(discover, MessageType.OFFER))).toEqual({ kind: "progress" });
  const request = exchange.message(1);
  expect(request).toMatchObject({ type: MessageType.REQUEST, xid: 7, secs: 1 });
  expect(request.options.get(OptionCode.REQUESTED_ADDRESS)).toEqual(GIVEN.bytes);
  expect(request.options.get(OptionCode.SERVER_ID)).toEqual(SERVER.bytes);
  expect(exchange.receive(reply(request, MessageType.ACK)).kind).toBe("bound");
});

test("who renews names its address in the header and no server; who reboots the reverse", () => {
  const renew = new Exchange(client, { kind: "renew", address: GIVEN, server: SERVER }, 7);
  expect(renew.message(0).ciaddr.equals(GIVEN)).toBe(true);
  expect(renew.message(0).options.has(OptionCode.REQUESTED_ADDRESS)).toBe(false);
  expect(renew.message(0).options.has(OptionCode.SERVER_ID)).toBe(false);
  const reboot = new Exchange(client, { kind: "reboot", address: GIVEN }, 7);
  expect(reboot.message(0).ciaddr.isUnspecified).toBe(true);
  expect(reboot.message(0).options.get(OptionCode.REQUESTED_ADDRESS)).toEqual(GIVEN.bytes);
});

describe("nothing comes of", () => {
  const other = Ip.parse("10.7.0.2");
  const acquire = new Exchange(client, { kind: "acquire" }, 7);
  const question = acquire.message(0);
  const wrong: Readonly<Record<string, Message>> = {
    "another's answer": reply(question, MessageType.OFFER, [], { xid: 8 }),
    "an answer to another address": reply(question, MessageType.OFFER, [], {
      chaddr: Mac.parse("02:00:00:00:00:02"),
    }),
    "a client's message": reply(question, MessageType.OFFER, [], { op: 1 }),
    "a grant before an offer": reply(question, MessageType.ACK),
    "a refusal before an offer": reply(question, MessageType.NAK),
    "an offer of the server's own address": reply(question, MessageType.OFFER, [], {
      yiaddr: SERVER,
    }),
    "an offer of 255.255.255.255": reply(question, MessageType.OFFER, [], {
      yiaddr: Ip.parse("255.255.255.255"),
    }),
  };
  for (const [what, message] of Object.entries(wrong)) {
    test(what, () => {
      expect(acquire.receive(message).kind).toBe("ignored");
      expect(acquire.requesting).toBe(false);
    });
  }

  test("the word of a server that was not chosen", () => {
    const exchange = new Exchange(client, { kind: "acquire" }, 7);
    exchange.receive(reply(question, MessageType.OFFER));
    const id: [number, Uint8Array] = [OptionCode.SERVER_ID, other.bytes];
    for (const type of [MessageType.ACK, MessageType.NAK]) {
      expect(exchange.receive(reply(question, type, [MASK, id])).kind).toBe("ignored");
    }
  });
});

describe("a lease", () => {
  const u32 = (value: number): Uint8Array => Uint8Array.of(0, 0, value >> 8, value & 255);
  const times = (renewMs: unknown, rebindMs: unknown, expiryMs: unknown): object => ({
    times: { renewMs, rebindMs, expiryMs },
  });

  test("has the server's times, or parts of its length when those are out of order", () => {
    expect(lease([51, u32(100)], [58, u32(20)], [59, u32(60)])).toMatchObject(
      times(20_000, 60_000, 100_000),
    );
    expect(lease([51, u32(100)], [58, u32(70)], [59, u32(60)])).toMatchObject(
      times(50_000, 87_500, 100_000),
    );
    expect(lease()).toMatchObject(times(1_800_000, 3_150_000, 3_600_000));
  });

  test("may have no end", () => {
    expect(granted([51, Uint8Array.of(255, 255, 255, 255)])).toMatchObject({
      lease: { times: { renewMs: Infinity, expiryMs: Infinity } },
    });
  });

  test("has the routes of option 33 by their class, and a default one", () => {
    const routes = [10, 9, 9, 9, 10, 7, 0, 2, 172, 16, 1, 1, 10, 7, 0, 3, 0, 0, 0, 0, 10, 7, 0, 4];
    expect(lease([33, Uint8Array.from(routes)], [3, SERVER.bytes])).toMatchObject({
      routes: [
        { dst: "10.0.0.0/8", gateway: "10.7.0.2" },
        { dst: "172.16.0.0/16", gateway: "10.7.0.3" },
        { dst: "0.0.0.0/0", gateway: "10.7.0.1" },
      ],
    });
  });

  test("has the routes of option 121 in place of all others, unless that is broken", () => {
    const router: [number, Uint8Array] = [3, SERVER.bytes];
    const classless = Uint8Array.of(17, 10, 9, 200, 10, 7, 0, 5);
    expect(lease([121, classless], router)).toMatchObject({
      routes: [{ dst: "10.9.128.0/17", gateway: "10.7.0.5" }],
    });
    for (const broken of [[33, 1, 2, 3, 4, 5, 10, 7, 0, 1], [8, 10, 10, 7, 0], []]) {
      expect(lease([121, Uint8Array.from(broken)], router)).toMatchObject({
        routes: [{ dst: "0.0.0.0/0", gateway: "10.7.0.1" }],
      });
    }
  });

  test("without a mask, with a mask with holes or of a whole network is of no use", () => {
    const mask = (...bytes: number[]): [number, Uint8Array] => [1, Uint8Array.from(bytes)];
    for (const bad of [
      mask(255, 0, 255, 0),
      mask(0, 0, 0, 0),
      mask(255, 255),
      mask(255, 255, 255, 248),
    ]) {
      const exchange = new Exchange(client, { kind: "acquire" }, 7);
      const isNetwork = bad[1][3] === 248;
      const yiaddr = isNetwork ? Ip.parse("10.7.0.8") : GIVEN;
      exchange.receive(reply(exchange.message(0), MessageType.OFFER, [], { yiaddr }));
      const outcome = exchange.receive(
        reply(exchange.message(0), MessageType.ACK, [bad], { yiaddr }),
      );
      expect(outcome.kind).toBe("useless");
    }
  });
});
