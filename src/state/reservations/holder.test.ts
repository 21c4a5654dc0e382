import { expect, test } from "bun:test";
import fc from "fast-check";
import { checkContainerId, checkIfName } from "../../spec/index.ts";
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
  expect(decodeHolder("cid1")).toEqual({ kind: "container", containerId: "cid1" });
  const line = { kind: "container", containerId: "printer", isLine: true } as const;
  expect(decodeHolder("printer\n")).toEqual(line);
});

test("498: empty files and blocks of NULs have no holder", () => {
  for (const text of ["", " \n", "\0\0\0\0", "cid1\r\n\0\0"]) {
    expect(decodeHolder(text)).toEqual({ kind: "vacant" });
  }
});

test("case S2: an interface name that the Go plugins took holds its address", () => {
  for (const ifName of ["\x01", "\x7f", "\x1b[1m", "\u0085"]) {
    const holding = { containerId: "cid1", ifName };
    expect(decodeHolder(encodeHolder(holding))).toEqual({ kind: "attachment", ...holding });
  }
});

const passes = (check: (name: string) => void) => (name: string) => {
  try {
    check(name);
    return true;
  } catch {
    return false;
  }
};

test("case S2, kind: every name that passes the door comes back as it was", () => {
  const containerId = fc.stringMatching(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,80}$/);
  const ifName = fc.oneof(
    fc.string({ unit: "binary", minLength: 1, maxLength: 15 }).filter(passes(checkIfName)),
    fc.constantFrom("eth0\ufeff", "\ufeff", "\u200beth0", "\\r", "é"),
  );
  fc.assert(
    fc.property(containerId, ifName, (id, name) => {
      checkContainerId(id);
      checkIfName(name);
      const holding = { containerId: id, ifName: name };
      expect(decodeHolder(encodeHolder(holding))).toEqual({ kind: "attachment", ...holding });
      // As the file has it: bytes.
      const bytes = Buffer.from(encodeHolder(holding));
      expect(decodeHolder(bytes.toString("utf8"))).toMatchObject(holding);
    }),
  );
});

test("other text is somebody's, but not understood", () => {
  expect(decodeHolder("a\r\nb\r\nc")).toEqual({ kind: "unknown" });
  expect(decodeHolder("kept for the printer")).toEqual({
    kind: "container",
    containerId: "kept for the printer",
  });
});

test("what is read at one glance is what a close look gives, whatever the content", () => {
  const piece = fc.constantFrom(
    "cid1",
    "eth0",
    "a.b_c-d",
    "\r\n",
    "\r",
    "\n",
    " ",
    "\0",
    "\u00e9",
    ":",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
      const content = pieces.join("");
      // White space before it does not matter, and is not what plugins write.
      expect(decodeHolder(content)).toEqual(decodeHolder(` ${content}`));
    }),
  );
});
