import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listenersOn } from "./listeners.ts";

let proc = "";

const HEAD =
  "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
const line = (local: string, state: string, inode: number): string =>
  `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1 0 100 0 0 10 0\n`;

beforeAll(() => {
  proc = mkdtempSync(join(tmpdir(), "proc-"));
  mkdirSync(join(proc, "thread-self/net"), { recursive: true });
  mkdirSync(join(proc, "42/fd"), { recursive: true });
  writeFileSync(join(proc, "42/comm"), "nginx\n");
  symlinkSync("socket:[11]", join(proc, "42/fd/3"));
  const net = (name: string, text: string): void =>
    writeFileSync(join(proc, "thread-self/net", name), text);
  net("tcp", HEAD + line("00000000:1F90", "0A", 11) + line("0100007F:1F91", "01", 12));
  net("tcp6", HEAD + line("B80D01200000000000000000FE000000:1F90", "0A", 13));
  net("udp", `${HEAD}${line("0100007F:0035", "07", 14)}torn`);
});
afterAll(() => rmSync(proc, { recursive: true }));

test("sockets that listen are found with their processes, others are not", () => {
  const found = listenersOn(() => true, proc).map(({ address, ...rest }) => ({
    address: address.toString(),
    ...rest,
  }));
  expect(found).toEqual([
    { address: "0.0.0.0", protocol: "tcp", port: 8080, process: { pid: 42, name: "nginx" } },
    { address: "2001:db8::fe", protocol: "tcp", port: 8080 },
    { address: "127.0.0.1", protocol: "udp", port: 53 },
  ]);
});

test("of a table of connections only what listens is read, which comes first", () => {
  const other = mkdtempSync(join(tmpdir(), "proc-"));
  mkdirSync(join(other, "thread-self/net"), { recursive: true });
  // Longer than what is read at once: lines are cut at its end.
  const listening = Array.from({ length: 1000 }, (_, at) => line("00000000:1F90", "0A", at));
  const behind = line("0100007F:1F91", "01", 12) + line("00000000:1F92", "0A", 13);
  writeFileSync(join(other, "thread-self/net/tcp"), HEAD + listening.join("") + behind);
  const found = listenersOn(() => true, other);
  expect(found).toHaveLength(1000);
  expect(new Set(found.map(({ port }) => port))).toEqual(new Set([8080]));
  rmSync(other, { recursive: true });
});

test("only ports that are asked for are looked for, and without /proc there are none", () => {
  expect(listenersOn((port) => port === 53, proc)).toHaveLength(1);
  expect(listenersOn(() => true, join(proc, "nowhere"))).toEqual([]);
});

test("a server of this process is found by the kernel's own tables", () => {
  using server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => undefined } });
  const [found] = listenersOn((port) => port === server.port);
  expect(found).toMatchObject({
    protocol: "tcp",
    port: server.port,
    process: { pid: process.pid },
  });
});
