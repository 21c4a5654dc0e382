import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeKey, WireguardKey } from "./wireguard-key.ts";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "key-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

test("a key is made once, for its owner alone, and found again", () => {
  const path = join(directory, "below", "wireguard.key");
  const made = WireguardKey.open(path);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const found = WireguardKey.open(path);
  expect([found.publicKey, found.privateKey]).toEqual([made.publicKey, made.privateKey]);
  expect(readFileSync(path, "utf8")).not.toContain(made.publicKey);
});

test("the public key is X25519 of the private one (RFC 7748, 5.2, one iteration)", () => {
  const path = join(directory, "wireguard.key");
  const nine = Buffer.alloc(32);
  nine[0] = 9;
  writeFileSync(path, `${nine.toString("base64")}\n`);
  expect(Buffer.from(WireguardKey.open(path).publicKey, "base64").toString("hex")).toBe(
    "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079",
  );
});

test("a file that holds something else is left alone and named", () => {
  const path = join(directory, "wireguard.key");
  writeFileSync(path, "something\n");
  expect(() => WireguardKey.open(path)).toThrow(`${path} holds no WireGuard key`);
  expect(readFileSync(path, "utf8")).toBe("something\n");
});

test("only 32 bytes in base64 are a key", () => {
  expect(decodeKey(Buffer.alloc(32, 1).toString("base64"))).toHaveLength(32);
  for (const bad of [
    "",
    "x",
    Buffer.alloc(32).toString("base64"),
    Buffer.alloc(31, 1).toString("base64"),
  ]) {
    expect(decodeKey(bad)).toBeUndefined();
  }
});
