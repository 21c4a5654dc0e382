import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { EventStreamReader } from "./event-stream.ts";

function read(...pieces: string[]): unknown[] {
  const reader = new EventStreamReader();
  return pieces.flatMap((piece) => reader.push(piece));
}

describe("events", () => {
  test("have a type, data of several lines, and the last id", () => {
    expect(read("id: 7\nevent: node\ndata: a\ndata: b\n\n", "data: c\n\n")).toEqual([
      { type: "node", data: "a\nb", id: "7" },
      { type: "message", data: "c", id: "7" },
    ]);
  });

  test("without data say nothing but their id", () => {
    expect(read("retry: 1000\nid: 3\n\n: a remark\n\ndata: x\n\n")).toEqual([
      { type: "message", data: "x", id: "3" },
    ]);
  });

  test("end in CR, LF or both, wherever the pieces are cut", () => {
    const text = "\uFEFFid: 1\r\ndata: one\r\n\r\nid: 2\rdata: two\r\rid: 3\ndata: three\n\n";
    const whole = read(text);
    expect(whole).toHaveLength(3);
    fc.assert(
      fc.property(fc.array(fc.nat(text.length), { maxLength: 8 }), (cuts) => {
        const at = [0, ...cuts.sort((one, other) => one - other), text.length];
        const pieces = at.slice(1).map((end, index) => text.slice(at[index], end));
        expect(read(...pieces)).toEqual(whole);
      }),
    );
  });

  test("have one space less behind the colon, and no id with a zero in it", () => {
    expect(read("data:  two\ndata:none\ndata\nid: a\0b\n\n")).toEqual([
      { type: "message", data: " two\nnone\n", id: "" },
    ]);
  });

  test("that never end are refused", () => {
    const reader = new EventStreamReader();
    const piece = "x".repeat(8 * 1024 * 1024);
    expect(() => {
      for (let count = 0; count < 6; count += 1) reader.push(piece);
    }).toThrow("too long");
  });
});
