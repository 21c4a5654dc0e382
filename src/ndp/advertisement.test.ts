import { describe, expect, test } from "bun:test";
import { Ip, Mac } from "../addr/index.ts";
import { ByteWriter, internetChecksum } from "../bytes/index.ts";
import { decodeAdvertisement, readDomains, solicitationFrame } from "./index.ts";

const ROUTER = Ip.parse("fe80::1");
const ROUTER_MAC = Mac.parse("02:00:00:00:00:01");
const ALL_NODES = Ip.parse("ff02::1");

interface Sent {
  readonly source?: Ip;
  readonly hopLimit?: number;
  readonly type?: number;
  readonly sum?: number;
  readonly options?: readonly Uint8Array[];
}

/** A frame as a router sends it, with the right checksum unless `sum` says otherwise. */
function frame(sent: Sent = {}): Uint8Array {
  const { source = ROUTER, hopLimit = 255, type = 134, options = [PREFIX] } = sent;
  const body = new ByteWriter().u8(type).u8(0).u16be(0).u8(64).u8(0xc0).u16be(1800).zero(8);
  for (const option of options) body.bytes(option);
  const message = body.finish();
  const pseudo = new ByteWriter().bytes(source.bytes).bytes(ALL_NODES.bytes);
  pseudo.u32be(message.length).u32be(58).bytes(message);
  const sum = sent.sum ?? internetChecksum(pseudo.finish());
  new DataView(message.buffer, message.byteOffset).setUint16(2, sum, false);
  const head = new ByteWriter().bytes(Mac.parse("33:33:00:00:00:01").bytes).bytes(ROUTER_MAC.bytes);
  head.u16be(0x86dd).u32be(0x60000000).u16be(message.length).u8(58).u8(hopLimit);
  return head.bytes(source.bytes).bytes(ALL_NODES.bytes).bytes(message).finish();
}

function prefixOption(text: string, length: number, flags = 0xc0, preferred = 600): Uint8Array {
  const writer = new ByteWriter().u8(3).u8(4).u8(length).u8(flags).u32be(1200).u32be(preferred);
  return writer.zero(4).bytes(Ip.parse(text).bytes).finish();
}

const EXAMPLE = new TextEncoder().encode("example");
const PREFIX = prefixOption("fd07::", 64);

describe("an advertisement", () => {
  test("is read with its prefixes, resolvers and domains", () => {
    const resolvers = new ByteWriter().u8(25).u8(3).zero(2).u32be(60);
    const domains = new ByteWriter().u8(31).u8(3).zero(2).u32be(60).u8(7).bytes(EXAMPLE).u8(0);
    expect(
      decodeAdvertisement(
        frame({
          options: [
            PREFIX,
            resolvers.bytes(Ip.parse("fd07::53").bytes).finish(),
            domains.zero(7).finish(),
          ],
        }),
      ),
    ).toMatchObject({
      routerMs: 1_800_000,
      managed: true,
      other: true,
      prefixes: [{ onLink: true, autonomous: true, validMs: 1_200_000, preferredMs: 600_000 }],
      search: ["example"],
    });
  });

  const void_: Readonly<Record<string, Sent>> = {
    "of a hop limit below 255, from beyond a router": { hopLimit: 254 },
    "from an address that is not of the link": { source: Ip.parse("2001:db8::1") },
    "with a wrong checksum": { sum: 0x1234 },
    "of another type": { type: 133 },
    "with an option of no length": { options: [new Uint8Array(8)] },
    "with an option that runs over the end": { options: [Uint8Array.of(3, 4, 64, 0, 0, 0, 0, 0)] },
  };
  for (const [name, sent] of Object.entries(void_)) {
    test(`${name} is none`, () => {
      expect(decodeAdvertisement(frame(sent))).toBeUndefined();
    });
  }

  test("of a prefix that no link can have is read without it", () => {
    const options = [
      prefixOption("fe80::", 64),
      prefixOption("ff00::", 8),
      prefixOption("fd07::", 129),
      prefixOption("fd08::", 64, 0xc0, 5000),
    ];
    expect(decodeAdvertisement(frame({ options }))?.prefixes).toEqual([]);
  });

  test("of very many prefixes is cut", () => {
    const options = Array.from({ length: 40 }, () => PREFIX);
    expect(decodeAdvertisement(frame({ options }))?.prefixes).toHaveLength(16);
  });

  test("cut at any byte is none, and nothing is thrown", () => {
    const whole = frame();
    for (let end = 0; end < whole.length; end++) {
      expect(decodeAdvertisement(whole.subarray(0, end))).toBeUndefined();
    }
  });
});

test("a solicitation asks all routers from no address, with a checksum that is right", () => {
  const sent = solicitationFrame(Mac.parse("02:00:00:00:00:02"));
  expect(Buffer.from(sent.subarray(0, 14)).toString("hex")).toBe("33330000000202000000000286dd");
  const message = sent.subarray(54);
  const pseudo = new ByteWriter().bytes(sent.subarray(22, 54)).u32be(message.length).u32be(58);
  expect(internetChecksum(pseudo.bytes(message).finish())).toBe(0);
});

describe("domains", () => {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

  test("are read one after another", () => {
    expect(readDomains(bytes("\x07example\x03org\x00\x01a\x00"))).toEqual(["example.org", "a"]);
  });

  test("that would end lines or lie are left out", () => {
    expect(readDomains(bytes("\x05a\nb c\x00\x01b\x00"))).toEqual(["b"]);
    expect(readDomains(Uint8Array.of(0xc0, 0))).toEqual([]);
    expect(readDomains(new Uint8Array(8))).toEqual([]);
  });
});
