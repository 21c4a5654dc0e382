import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { failOnLeakedDescriptors } from "../../../tests/support/descriptors.ts";
import { createNetns, deleteNetns, Netns } from "../netns/index.ts";
import { KernelError } from "../sys/index.ts";
import { readSysctl, writeSysctl } from "./index.ts";

failOnLeakedDescriptors();

const FORWARD = "net.ipv4.ip_forward";
let directory = "";

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "sysctl-"));
  createNetns(join(directory, "blue"));
});

afterEach(() => {
  deleteNetns(join(directory, "blue"));
  rmSync(directory, { recursive: true });
});

test("a write gives the previous value and reaches that namespace alone", () => {
  using blue = Netns.open(join(directory, "blue"));
  const outside = readSysctl(FORWARD);
  const before = readSysctl(FORWARD, blue);
  const other = before === "1" ? "0" : "1";
  writeSysctl(FORWARD, other, blue);
  expect(readSysctl(FORWARD, blue)).toBe(other);
  expect(readSysctl(FORWARD)).toBe(outside);
});

test("values of several numbers keep their inner white space", () => {
  writeSysctl("net.ipv4.ip_local_port_range", "2000\t3000");
  expect(readSysctl("net/ipv4/ip_local_port_range")).toBe("2000\t3000");
});

test("a key that can only be written has no previous value", () => {
  expect(() => writeSysctl("net.ipv4.route.flush", "1")).not.toThrow();
});

test("errors name the key and what the kernel says", () => {
  expect(() => readSysctl("net.ipv4.nothing")).toThrow(
    "read sysctl net.ipv4.nothing: no such file or directory",
  );
  expect(() => writeSysctl(FORWARD, "many")).toThrow(
    "write sysctl net.ipv4.ip_forward: invalid argument",
  );
  expect(() => writeSysctl("net.ipv4.nothing", "1")).toThrow(KernelError);
});
