import { describe, expect, test } from "bun:test";
import { InvalidArgumentError } from "commander";
import * as read from "./values.ts";

test("a port mapping has host and container port, protocol and host address", () => {
  expect(read.readPort("8080:80")).toEqual([
    { hostPort: 8080, containerPort: 80, protocol: "tcp" },
  ]);
  expect(read.readPort("127.0.0.1:53:5353/UDP")).toEqual([
    { hostPort: 53, containerPort: 5353, protocol: "udp", hostIP: "127.0.0.1" },
  ]);
  expect(read.readPort("[::1]:1:65535/sctp")).toEqual([
    { hostPort: 1, containerPort: 65_535, protocol: "sctp", hostIP: "::1" },
  ]);
});

test("options that are repeated add up", () => {
  expect(read.readPort("2:2", read.readPort("1:1"))).toHaveLength(2);
  expect(read.readArgs("C=3", read.readArgs("A=1;B=2"))).toEqual([
    ["A", "1"],
    ["B", "2"],
    ["C", "3"],
  ]);
  expect(read.readCapabilities('{"b":2}', { a: 1 })).toEqual({ a: 1, b: 2 });
  expect(read.readIp("fd00::1/64", ["10.0.0.1"])).toEqual(["10.0.0.1", "fd00::1/64"]);
  expect(read.readValid("b:eth1", read.readValid("a:eth0"))).toEqual([
    { containerId: "a", ifName: "eth0" },
    { containerId: "b", ifName: "eth1" },
  ]);
});

test("an address may be copied from a list, where it has a prefix length", () => {
  expect(read.readAddress("10.1.0.2/16")).toBe("10.1.0.2");
  expect(read.readAddress("FD00:0::2")).toBe("fd00::2");
  expect(() => read.readAddress("10.1.0")).toThrow(InvalidArgumentError);
});

test("times have a unit", () => {
  expect(read.readDuration("500ms")).toBe(500);
  expect(read.readDuration("1.5s")).toBe(1500);
  expect(read.readDuration("2m")).toBe(120_000);
});

test("a MAC is written as the kernel writes it", () => {
  expect(read.readMac("02-00-00-00-00-AB")).toBe("02:00:00:00:00:ab");
});

describe("a wrong value is refused with its reason", () => {
  const cases: [reader: (text: string) => unknown, text: string, reason: string][] = [
    [read.readPort, "80", "hostPort:containerPort"],
    [read.readPort, "0:80", "0 is no port"],
    [read.readPort, "80:65536", "65536 is no port"],
    [read.readPort, "80:80/icmp", "hostPort:containerPort"],
    [read.readPort, "300.1.1.1:80:80", "300.1.1.1 is no IP address"],
    [read.readPort, "::1:80:80", "hostPort:containerPort"],
    [read.readMac, "02:00", "02:00"],
    [read.readIp, "10.0.0", "IP address"],
    [read.readDuration, "5", "500ms"],
    [read.readDuration, "0s", "500ms"],
    [read.readDuration, "-1s", "500ms"],
    [read.readDuration, "40000m", "24 days"],
    [read.readTime, "1", "It must be a time"],
    [read.readText, "", "must not be empty"],
    [read.readPortNumber, "80.5", "80.5 is no port"],
    [read.readPortNumber, "0x50", "0x50 is no port"],
    [read.readPortNumber, "", " is no port"],
    [read.readArgs, "A", 'invalid CNI_ARGS pair "A"'],
    [read.readArgs, "A=1;", 'invalid CNI_ARGS pair ""'],
    [read.readCapabilities, "[]", "JSON object"],
    [read.readCapabilities, "{", "JSON"],
    [read.readValid, "a", "containerID:interface"],
    [read.readValid, "a:b:c", "containerID:interface"],
    [read.readValid, "../a:eth0", "containerID"],
    [read.readValid, "a:sixteen-letters0", "too long"],
    [read.readContainerId, "a/b", "containerID"],
    [read.readIfName, "eth0\u00a0", "whitespace"],
    [read.readDirectory, "", "needs a name"],
  ];
  test.each(cases)("%p of %j", (reader, text, reason) => {
    let thrown: unknown;
    try {
      reader(text);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(InvalidArgumentError);
    expect((thrown as Error).message).toContain(reason);
  });
});
