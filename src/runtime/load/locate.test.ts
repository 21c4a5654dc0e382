import { expect, test } from "bun:test";
import { locate, stepsOf } from "./locate.ts";

const TEXT = `{
  // "plugins": "not this one"
  "name": "n", "x": [1, {"plugins": 2}, "]}"],
  "plugins": [
    {"type": "bridge", "mtu": -1.5e3},
    /* another
       one */ {"type": "tuning",
      "ipam": {"ranges": [[{"subnet": "x"}]]}}
  ]
}`;

test("a value is found by its path, past comments, strings and nesting", () => {
  expect(locate(TEXT, ["plugins"])?.line).toBe(4);
  expect(locate(TEXT, ["plugins", 0, "mtu"])).toMatchObject({ line: 5, column: 24 });
  expect(locate(TEXT, ["plugins", 1])).toMatchObject({ line: 7 });
  expect(locate(TEXT, ["plugins", 1, "IPAM", "ranges", 0, 0, "subnet"])).toEqual({
    line: 8,
    column: 29,
    text: '      "ipam": {"ranges": [[{"subnet": "x"}]]}}',
  });
});

test("what is not there is not found, and no text makes it run for ever", () => {
  for (const path of [["y"], ["plugins", 2], ["name", 0], ["plugins", "type"]]) {
    expect(locate(TEXT, path)).toBeUndefined();
  }
  for (let length = 0; length < TEXT.length; length++) {
    locate(TEXT.slice(0, length), ["plugins", 1, "ipam", "ranges", 0]);
  }
  expect(locate("", ["a"])).toBeUndefined();
  expect(locate("{{{{", ["a", "b"])).toBeUndefined();
  expect(locate('{"a":', ["b"])).toBeUndefined();
});

test("the name of a key in a message is a path", () => {
  expect(stepsOf("ipam.ranges[0][12].subnet")).toEqual(["ipam", "ranges", 0, 12, "subnet"]);
});
