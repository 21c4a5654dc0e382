/** Are the name servers reached: those that were promised, and those that the container asks? */
import { readFileSync, statSync } from "node:fs";
import { Ip } from "../../addr/index.ts";
import { shellWord } from "../../base/index.ts";
import { livingNamespaces } from "../../kernel/netns/index.ts";
import { route } from "../../kernel/route/index.ts";
import { listeningSockets } from "../../kernel/sockets/index.ts";
import { Errno, isKernelError } from "../../kernel/sys/index.ts";
import type { Report, StageSpec } from "../report.ts";
import type { Examination } from "./examination.ts";

const SIZE_MAX = 64 * 1024;
/** As many as resolvers ask. */
const SERVERS_MAX = 3;
const DNS_PORT = 53;

export const dns: StageSpec<Examination> = {
  name: "dns",
  title: "name servers",
  look(examination, report) {
    const { subject, container } = examination;
    const file = resolvConf(container.netns.ino);
    if (file !== undefined) report.look(file.path);
    const promised = subject.dns.nameservers ?? [];
    const asked = file?.servers ?? [];
    const servers = [...new Set([...asked, ...promised])].flatMap(
      (text) => Ip.tryParse(text) ?? [],
    );
    for (const ip of servers.slice(0, 2 * SERVERS_MAX)) reach(examination, report, ip);
    report.pass(servers.join(", ") || "none was promised, and no process in the container has any");
  },
};

/** The resolver's configuration of a process that is in the namespace. */
function resolvConf(ino: bigint): { path: string; servers: string[] } | undefined {
  for (const { ino: number, path } of livingNamespaces()) {
    const [, pid] = /^\/proc\/(\d+)\/ns\/net$/u.exec(path) ?? [];
    if (number !== ino || pid === undefined) continue;
    const file = `/proc/${pid}/root/etc/resolv.conf`;
    const text = textOf(file);
    if (text === undefined) continue;
    const servers = text
      .split("\n")
      .flatMap((line) => /^\s*nameserver\s+(\S+)/u.exec(line)?.[1] ?? [])
      .slice(0, SERVERS_MAX);
    return { path: file, servers };
  }
  return undefined;
}

/** A container decides what lies there, so its size and kind are looked at first. */
function textOf(file: string): string | undefined {
  try {
    const status = statSync(file);
    return status.isFile() && status.size <= SIZE_MAX ? readFileSync(file, "utf8") : undefined;
  } catch {
    return undefined;
  }
}

function reach(examination: Examination, report: Report, ip: Ip): void {
  const { container, host, subject, hasOutside } = examination;
  const look = examination.within(`ip route get ${ip}`);
  if (ip.isLoopback) {
    report.look("/proc/net/udp of the container");
    const isThere = container.netns
      .run(() => listeningSockets("udp"))
      .some(({ port }) => port === DNS_PORT);
    if (isThere) return;
    report.find(
      "name-server-unreachable",
      `the container asks the name server ${ip}, which is itself, and no program there waits on port ${DNS_PORT}`,
      examination.within("ss -lnu"),
    );
    return;
  }
  const inside = asked(() => route.get(container.socket, { dst: ip }));
  if (inside === undefined) {
    report.find(
      "name-server-unreachable",
      `the container has no route to its name server ${ip}`,
      look,
    );
    return;
  }
  if (!hasOutside) return; // what another machine routes is not seen here
  const own = container.links.find((one) => one.index === inside.index);
  if (own?.name !== subject.ifName || examination.isNeighbour(ip) || host.hasAddress(ip)) return;
  if (asked(() => route.get(host.socket, { dst: ip })) !== undefined) return;
  report.find(
    "name-server-unreachable",
    `the host has no route to the container's name server ${ip}`,
    `ip route get ${ip} iif ${shellWord(examination.hostLink.name)}`,
  );
}

function asked<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch (error) {
    if (isKernelError(error, Errno.EACCES, Errno.EINVAL, Errno.EXDEV)) return undefined;
    throw error;
  }
}
