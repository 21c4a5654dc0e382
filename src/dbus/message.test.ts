import { describe, expect, test } from "bun:test";
import { decodeMessage, encodeCall, messageLength } from "./message.ts";

const hex = (text: string): Uint8Array =>
  Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));

// Both by `strace -xx -s 2000 -e sendmsg,recvmsg dbus-send --system --print-reply
// --dest=org.freedesktop.DBus / org.freedesktop.DBus.NameHasOwner string:org.freedesktop.DBus`.
const QUESTION = hex(
  "6c010001 19000000 02000000 6f000000 01016f00010000002f0000000000000002017300140000006f72672e" +
    "667265656465736b746f702e4442757300000000030173000c0000004e616d654861734f776e657200000000" +
    "06017300140000006f72672e667265656465736b746f702e4442757300000000080167000173000014000000" +
    "6f72672e667265656465736b746f702e4442757300",
);
const ANSWER = hex(
  "6c020101 04000000 03000000 3d000000 06017300040000003a312e3000000000050175000200000008016700" +
    "0162000007017300140000006f72672e667265656465736b746f702e444275730000000001000000",
);

describe("a message", () => {
  test("of the bus is read: whom it answers, and its value", () => {
    expect(messageLength(ANSWER)).toBe(ANSWER.length);
    expect(decodeMessage(ANSWER)).toEqual({
      type: 2,
      replySerial: 2,
      errorName: undefined,
      interface: undefined,
      member: undefined,
      value: true,
    });
  });

  test("that is not whole yet has no length until its header is there", () => {
    expect(messageLength(ANSWER.subarray(0, 15))).toBeUndefined();
    expect(messageLength(ANSWER.subarray(0, 16))).toBe(ANSWER.length);
  });

  test("of a call is as dbus-send writes it, but for the wish not to start the service", () => {
    const dbus = "org.freedesktop.DBus";
    const place = { destination: dbus, path: "/", interface: dbus };
    const call = encodeCall({ ...place, member: "NameHasOwner", args: [dbus] }, 2);
    const wanted = Uint8Array.from(QUESTION);
    wanted[2] = 2;
    expect(Buffer.from(call).toString("hex")).toBe(Buffer.from(wanted).toString("hex"));
  });

  test("of another protocol, or one that is too long, is refused", () => {
    expect(() => messageLength(Uint8Array.from(Buffer.from("HTTP/1.1 400 Bad")))).toThrow(
      "protocol",
    );
    const huge = Uint8Array.from(ANSWER);
    huge.fill(0xff, 4, 8);
    expect(() => messageLength(huge)).toThrow("too long");
    const broken = Uint8Array.from(ANSWER);
    broken.fill(0xff, 20, 24);
    expect(() => decodeMessage(broken)).toThrow(RangeError);
  });
});
