import { expect, test } from "bun:test";
import { readStdin } from "./stdin.ts";

function read(text: string): ReturnType<typeof readStdin> {
  return readStdin(new TextEncoder().encode(text));
}

test("a file that is named by where the caller stands is found, however its key is written", () => {
  for (const key of ["dataDir", "DATADIR", "datadir", "\\u0064ataDir", "resolvConf"]) {
    expect(read(`{"name":"a","${key}":"data"}`).hasRelativePath).toBe(true);
    expect(read(`{"name":"a","ipam":{"${key}":"data"}}`).hasRelativePath).toBe(true);
    expect(read(`{"name":"a","IPAM":{"${key}":"data"}}`).hasRelativePath).toBe(true);
    expect(read(`{"name":"a","${key}":"/data"}`).hasRelativePath).toBe(false);
  }
  // Letters beyond ASCII that Go's decoder takes for s and k.
  expect(read('{"reſolvConf":"a"}').hasRelativePath).toBe(true);
  expect(read('{"daemonSocKetPath":"a"}').hasRelativePath).toBe(true);
  expect(read('{"name":"dataDir","args":{"dataDir":"data"}}').hasRelativePath).toBe(false);
});

test("the network is the one that the plugin reads; what is no configuration names none", () => {
  expect(read('{"name":"blue"}').network).toBe("blue");
  expect(read('{"NAME":"blue"}').network).toBe("blue");
  for (const text of ["", "[]", '{"name":1}', "{", "null", '\ufeff{"name":"blue"}']) {
    expect(read(text).network).toBe("");
  }
});

test("bytes that are no text are the plugin's to refuse", () => {
  const stdin = readStdin(new Uint8Array([0x7b, 0xff, 0x7d]));
  expect([stdin.network, stdin.hasRelativePath]).toEqual(["", false]);
  expect(stdin.text).toThrow("not valid UTF-8");
});
