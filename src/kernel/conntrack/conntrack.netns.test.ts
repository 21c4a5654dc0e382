import { afterEach, expect, test } from "bun:test";
import { patient } from "../../../tests/support/patience.ts";
import { startable } from "../../../tests/support/programs.ts";
import { Ip } from "../../addr/index.ts";
import { deleteConntrack, listConntrack } from "./index.ts";

function conntrack(...args: string[]): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync(startable(["conntrack", ...args]));
  if (exitCode !== 0) throw new Error(stderr.toString());
  return stdout.toString();
}

function insert(protocol: string, from: string, to: string, port: number, answer = to): void {
  const original = ["-s", from, "-d", to, "--sport", "4000", "--dport", String(port)];
  const reply = ["-r", answer, "-q", from, "--reply-port-src", String(port)];
  const tcp = protocol === "tcp" ? ["--state", "ESTABLISHED"] : [];
  conntrack(
    "-I",
    "-p",
    protocol,
    ...original,
    ...reply,
    "--reply-port-dst",
    "4000",
    ...tcp,
    "-t",
    "600",
  );
}

afterEach(() => {
  conntrack("-F");
});

test("flows of one protocol and port are deleted and all others stay", () => {
  insert("udp", "10.0.0.1", "10.0.0.2", 53);
  insert("udp", "10.0.0.3", "10.0.0.2", 53);
  insert("udp", "10.0.0.1", "10.0.0.2", 54);
  insert("tcp", "10.0.0.1", "10.0.0.2", 53);
  insert("udp", "fd00::1", "fd00::2", 53);
  expect(deleteConntrack({ family: 4, protocol: "udp", originalPort: 53 })).toBe(2);
  const left = listConntrack().map(({ original }) => {
    return `${original.protocol} ${original.destination} ${original.destinationPort}`;
  });
  expect(left.toSorted()).toEqual(["17 10.0.0.2 54", "17 fd00::2 53", "6 10.0.0.2 53"]);
});

test("the address before and the address behind a NAT choose flows", () => {
  insert("udp", "10.0.0.1", "192.0.2.1", 53, "10.1.0.5");
  insert("udp", "10.0.0.1", "192.0.2.2", 53, "10.1.0.6");
  insert("udp", "10.0.0.9", "192.0.2.3", 53, "10.1.0.5");
  const [first] = listConntrack({ originalDestination: Ip.parse("192.0.2.1") });
  expect(first?.reply.source.toString()).toBe("10.1.0.5");
  const protocol = "udp";
  expect(deleteConntrack({ protocol, originalDestination: Ip.parse("192.0.2.2") })).toBe(1);
  expect(deleteConntrack({ protocol, replySource: Ip.parse("10.1.0.5") })).toBe(2);
  expect(listConntrack()).toEqual([]);
});

test("several filters are worked off together", () => {
  insert("udp", "10.0.0.1", "10.0.0.2", 53);
  insert("tcp", "fd00::1", "fd00::2", 80);
  insert("udp", "10.0.0.1", "10.0.0.2", 99);
  const filters = [
    { protocol: "udp", originalPort: 53 },
    { family: 6, protocol: "tcp", originalPort: 80 },
  ] as const;
  expect(deleteConntrack(filters)).toBe(2);
  expect(listConntrack().map(({ original }) => original.destinationPort)).toEqual([99]);
});

test("the address that a flow was opened to can be judged by the caller", () => {
  insert("udp", "10.0.0.1", "10.0.0.2", 53);
  insert("udp", "10.0.0.1", "10.0.0.3", 53);
  const isOriginalDestination = (ip: Ip): boolean => ip.toString() === "10.0.0.3";
  expect(deleteConntrack({ protocol: "udp", originalPort: 53, isOriginalDestination })).toBe(1);
  expect(listConntrack().map(({ original }) => original.destination.toString())).toEqual([
    "10.0.0.2",
  ]);
});

test("hundreds of flows are deleted at once", () => {
  for (let i = 0; i < 200; i++) insert("udp", `10.0.${i}.1`, "10.200.0.2", 53);
  expect(deleteConntrack({ family: 4, protocol: 17, originalPort: 53 })).toBe(200);
  expect(listConntrack()).toEqual([]);
});

test("without flows nothing is deleted, and a filter that says nothing is refused", () => {
  expect(deleteConntrack({ protocol: "udp", originalPort: 53 })).toBe(0);
  expect(deleteConntrack([])).toBe(0);
  expect(() => deleteConntrack({})).toThrow(RangeError);
});

test("a flow that was pinned before a port was mapped reaches the container once it is deleted", async () => {
  const run = (...command: string[]) => {
    const { exitCode, stderr } = Bun.spawnSync(startable(command));
    if (exitCode !== 0) throw new Error(stderr.toString());
  };
  run("ip", "link", "set", "lo", "up");
  run("ip", "addr", "add", "192.0.2.1/32", "dev", "lo");
  run("nft", "add table ip t; add chain ip t c { type nat hook output priority -100; }");
  run("nft", "add rule ip t c udp dport 9 dnat to 192.0.2.1:9"); // the first nat rule turns tracking on
  const server = await Bun.udpSocket({
    hostname: "192.0.2.1",
    socket: { data: (socket, text, port, address) => void socket.send(text, port, address) },
  });
  const silent = await Bun.udpSocket({ hostname: "192.0.2.1", port: 5353 });
  let heard = 0;
  const client = await Bun.udpSocket({
    hostname: "192.0.2.1",
    socket: { data: () => void heard++ },
  });
  const ask = async (): Promise<number> => {
    client.send("hello", 5353, "192.0.2.1");
    await Bun.sleep(patient(50));
    return heard;
  };
  try {
    expect(await ask()).toBe(0);
    run("nft", `add rule ip t c udp dport 5353 dnat to 192.0.2.1:${server.port}`);
    expect(await ask()).toBe(0); // the kernel remembers that this flow is not rewritten
    expect(deleteConntrack({ family: 4, protocol: "udp", originalPort: 5353 })).toBe(1);
    expect(await ask()).toBe(1);
    const target = { protocol: "udp", replySource: Ip.parse("192.0.2.1") } as const;
    expect(deleteConntrack({ ...target, originalPort: 5353 })).toBe(1);
  } finally {
    client.close();
    server.close();
    silent.close();
  }
});
