import { expect, test } from "bun:test";
import { decodeHolder, encodeHolder } from "./holder.ts";

test("a reservation's content is the bytes that the Go plugins write", () => {
  const text = encodeHolder({ containerId: "cid1", ifName: "eth0" });
  // hexdump of a file that the reference plugin made
  expect(Buffer.from(text).toString("hex")).toBe("636964310d0a65746830");
  expect(decodeHolder(text)).toEqual({ kind: "attachment", containerId: "cid1", ifName: "eth0" });
});

test("white space around does not matter", () => {
  expect(decodeHolder(" cid1\r\neth0\n")).toMatchObject({ containerId: "cid1", ifName: "eth0" });
});

test("before 0.7 only the container was noted", () => {
  expect(decodeHolder("cid1\n")).toEqual({ kind: "container", containerId: "cid1" });
});

test("498: empty files and blocks of NULs have no holder", () => {
  for (const text of ["", " \n", "\0\0\0\0", "cid1\r\n\0\0"]) {
    expect(decodeHolder(text)).toEqual({ kind: "vacant" });
  }
});

test("other text is somebody's, but not understood", () => {
  expect(decodeHolder("a\r\nb\r\nc")).toEqual({ kind: "unknown" });
  expect(decodeHolder("kept for the printer")).toEqual({
    kind: "container",
    containerId: "kept for the printer",
  });
});
