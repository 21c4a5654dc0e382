import { expect, test } from "bun:test";
import { sysctlPath } from "./index.ts";

test("after a dot, dots separate and slashes stand for dots", () => {
  expect(sysctlPath("net.ipv4.ip_forward")).toBe("/proc/sys/net/ipv4/ip_forward");
  expect(sysctlPath("net.ipv4.conf.eth0/100.forwarding")).toBe(
    "/proc/sys/net/ipv4/conf/eth0.100/forwarding",
  );
});

test("after a slash, the key is a path as it is", () => {
  expect(sysctlPath("net/ipv4/conf/eth0.100/forwarding")).toBe(
    "/proc/sys/net/ipv4/conf/eth0.100/forwarding",
  );
  expect(sysctlPath("/net/ipv4//ip_forward")).toBe("/proc/sys/net/ipv4/ip_forward");
});

test("no form of a key leaves /proc/sys", () => {
  const keys = [
    "../../etc/passwd",
    "net/../../x",
    "net.//.x",
    "net/./x",
    "..",
    ".",
    "/",
    "",
    "a\0",
  ];
  for (const key of keys) expect(() => sysctlPath(key)).toThrow(RangeError);
});
