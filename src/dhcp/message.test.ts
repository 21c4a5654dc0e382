import { expect, test } from "bun:test";
import fc from "fast-check";
import { Ip, Mac } from "../addr/index.ts";
import {
  BROADCAST_IP,
  BROADCAST_MAC,
  decodeFrame,
  decodeMessage,
  encodeFrame,
  encodeMessage,
  type Message,
  MessageType,
  OptionCode,
} from "./index.ts";

const MAC = Mac.parse("02:00:00:00:00:01");
const ZERO = Ip.parse("0.0.0.0");
const OPTIONS_AT = 240;

function message(options: [number, Uint8Array][] = []): Message {
  return {
    ...{ op: 1, xid: 0x01020304, secs: 5, broadcast: true, chaddr: MAC },
    ...{ ciaddr: ZERO, yiaddr: Ip.parse("10.7.0.9"), giaddr: ZERO },
    ...{ type: MessageType.DISCOVER, options: new Map(options) },
  };
}

/** A message whose options are these bytes. */
function withOptions(area: readonly number[], sname: readonly number[] = []): Uint8Array {
  const bytes = new Uint8Array(OPTIONS_AT + area.length);
  bytes.set(encodeMessage(message()).subarray(0, OPTIONS_AT));
  bytes.set(sname, 44);
  bytes.set(area, OPTIONS_AT);
  return bytes;
}

test("a message comes back as it was written, and is as long as old relays want it", () => {
  const written = message([[12, new TextEncoder().encode("web")]]);
  const bytes = encodeMessage(written);
  expect(bytes.length).toBe(300);
  const read = decodeMessage(bytes);
  expect(read).toMatchObject({ xid: 0x01020304, secs: 5, broadcast: true, type: 1 });
  expect(read?.yiaddr.toString()).toBe("10.7.0.9");
  expect(read?.chaddr.toString()).toBe("02:00:00:00:00:01");
  expect(read?.options.get(12)).toEqual(new TextEncoder().encode("web"));
});

test("a value of more than 255 bytes travels in pieces (RFC 3396)", () => {
  const long = new Uint8Array(600).map((_, at) => at);
  expect(decodeMessage(encodeMessage(message([[43, long]])))?.options.get(43)).toEqual(long);
});

test("options in an overloaded field are read; without option 52 they are not", () => {
  const sname = [12, 2, 0x68, 0x69, 255];
  const overloaded = decodeMessage(withOptions([53, 1, 2, 52, 1, 2, 255], sname));
  expect(overloaded?.options.get(OptionCode.HOST_NAME)).toEqual(Uint8Array.of(0x68, 0x69));
  expect(decodeMessage(withOptions([53, 1, 2, 255], sname))?.options.has(12)).toBe(false);
});

test("an option that runs over the end makes the whole message none", () => {
  expect(decodeMessage(withOptions([53, 1, 2, 12, 9, 0x68]))).toBeUndefined();
  expect(decodeMessage(withOptions([53, 1, 2, 12]))).toBeUndefined();
});

test("what has no type, no cookie or no Ethernet address is no message", () => {
  expect(decodeMessage(withOptions([255]))).toBeUndefined();
  expect(decodeMessage(withOptions([53, 2, 1, 1, 255]))).toBeUndefined();
  for (const at of [0, 1, 2, 236]) {
    const spoilt = encodeMessage(message());
    spoilt[at] = 98;
    expect(decodeMessage(spoilt)).toBeUndefined();
  }
});

/** tcpdump -xx of a DISCOVER that dnsmasq has answered: the headers, with their checksums. */
const CAPTURED =
  "ffffffffffff020000000001080045000148000040004011" +
  "39a600000000ffffffff004400430134bbe2010106000102030400000000";

test("a frame has the headers and checksums that a server has accepted", () => {
  const options: [number, Uint8Array][] = [
    [57, Uint8Array.of(5, 220)],
    [61, Uint8Array.of(0, 97)],
    [55, Uint8Array.of(121, 3, 1)],
  ];
  const sent = { ...message(options), secs: 0, broadcast: false, yiaddr: ZERO };
  const to = { sourceMac: MAC, source: ZERO };
  const frame = encodeFrame(
    { ...to, destination: BROADCAST_IP, destinationMac: BROADCAST_MAC },
    encodeMessage(sent),
  );
  expect(Buffer.from(frame).toString("hex")).toStartWith(CAPTURED);
});

test("a frame to a client is taken apart; one to another port, or a torn one, is not", () => {
  const to = { sourceMac: MAC, source: ZERO, destination: BROADCAST_IP };
  const frame = encodeFrame({ ...to, destinationMac: BROADCAST_MAC }, Uint8Array.of(1, 2, 3));
  expect(decodeFrame(frame)).toBeUndefined();
  const reply = frame.slice();
  reply.set([0, 67, 0, 68], 34);
  expect(decodeFrame(reply)).toMatchObject({ payload: Uint8Array.of(1, 2, 3) });
  expect(decodeFrame(reply.subarray(0, reply.length - 1))).toBeUndefined();
  const fragment = reply.slice();
  fragment[20] = 0x20;
  expect(decodeFrame(fragment)).toBeUndefined();
});

test("no bytes at all make the decoders throw", () => {
  const whole = encodeMessage(message([[121, Uint8Array.of(8, 10, 10, 7, 0, 1)]]));
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 400 }),
      fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 8 }),
      (noise, changes) => {
        decodeMessage(noise);
        decodeFrame(noise);
        const spoilt = whole.slice();
        for (const [at, value] of changes) spoilt[at] = value;
        decodeMessage(spoilt);
      },
    ),
  );
});
