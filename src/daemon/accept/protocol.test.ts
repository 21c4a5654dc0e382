import { describe, expect, test } from "bun:test";
import {
  decodeHeader,
  decodeRequest,
  encodeAnswer,
  encodeFrame,
  encodeRequest,
  HEADER_LENGTH,
  Kind,
  type Request,
} from "./index.ts";

/**
 * What dist/entry/bridge sent when it was called with `{"name":"dbnet"}` on stdin, in the directory
 * /tmp, by `env -i CNI_COMMAND=STATUS HAWSER_SOCKET=/tmp/d.sock A=`, in a namespace of its own.
 */
const SENT: string = [
  ...["48575352", "0100", "0100", "72000000"], // HWSR, version 1, REQUEST, 114 bytes
  "0000000000000000", // no namespace came along
  ...["0400000000000000", "530100f000000000"], // device and number of the caller's own
  ...["06000000", "627269646765"], // bridge
  ...["04000000", "2f746d70"], // /tmp
  ...["30000000", "434e495f434f4d4d414e443d53544154555300"], // CNI_COMMAND=STATUS
  ...["4841575345525f534f434b45543d2f746d702f642e736f636b00", "413d00"], // HAWSER_SOCKET, A
  ...["10000000", "7b226e616d65223a2264626e6574227d"],
].join("");

function bytes(hex: string): Uint8Array {
  return Uint8Array.fromHex(hex);
}

const REQUEST: Request = {
  hasNetns: true,
  caller: { dev: 4n, ino: 4026531840n },
  plugin: "host-local",
  cwd: "/some where",
  env: { CNI_COMMAND: "ADD", EMPTY: "", ODD: "a=b=" },
  stdin: new TextEncoder().encode('{"name":"ü"}'),
};

describe("a request", () => {
  test("of the compiled entry program is understood", () => {
    const sent = bytes(SENT);
    expect(decodeHeader(sent)).toEqual({ version: 1, kind: Kind.REQUEST, length: 114 });
    const request = decodeRequest(sent.subarray(HEADER_LENGTH));
    expect(request).toMatchObject({
      hasNetns: false,
      caller: { dev: 4n, ino: 0xf0000153n },
      plugin: "bridge",
      cwd: "/tmp",
      env: { CNI_COMMAND: "STATUS", HAWSER_SOCKET: "/tmp/d.sock", A: "" },
    });
    expect(new TextDecoder().decode(request.stdin)).toBe('{"name":"dbnet"}');
  });

  test("comes back as it went", () => {
    expect(decodeRequest(encodeRequest(REQUEST))).toEqual(REQUEST);
  });

  test("that is cut anywhere is refused", () => {
    const whole = encodeRequest(REQUEST);
    for (let length = 0; length < whole.length; length++) {
      expect(() => decodeRequest(whole.subarray(0, length))).toThrow(RangeError);
    }
    expect(() => decodeRequest(new Uint8Array([...whole, 0]))).toThrow(RangeError);
  });

  test("whose parts claim to be longer than it is, is refused", () => {
    const whole = encodeRequest(REQUEST);
    new DataView(whole.buffer).setUint32(24, 0xffffffff, true);
    expect(() => decodeRequest(whole)).toThrow(RangeError);
  });
});

describe("frames", () => {
  test("begin with their magic, version, kind and length", () => {
    expect(encodeFrame(1, Kind.BUSY).toHex()).toBe("485753520100020000000000");
    expect(encodeAnswer(1, 1, "{}").toHex()).toBe("485753520100050006000000010000007b7d");
  });

  test("with another magic are none", () => {
    expect(() => decodeHeader(bytes("474554202f20485454502f31"))).toThrow(/HWSR/u);
    expect(() => decodeHeader(new Uint8Array(11))).toThrow(RangeError);
  });
});
