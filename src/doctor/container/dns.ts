/** Are the name servers reached: those that were promised, and those that the container asks? */
import { lstatSync, readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { Ip } from "../../addr/index.ts";
import { defined, shellWord } from "../../base/index.ts";
import { livingNamespaces } from "../../kernel/netns/index.ts";
import { listeningSockets } from "../../kernel/sockets/index.ts";
import type { ContainerFacts } from "../facts/container.ts";
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
    const { file, lacking } = resolvConf(container.netns.ino);
    if (file !== undefined) report.look(file.path);
    if (file === undefined && lacking !== undefined) noFile(examination, report, lacking);
    const promised = subject.dns.nameservers ?? [];
    const asked = file?.servers ?? [];
    const servers = [...new Set([...asked, ...promised])].flatMap(
      (text) => Ip.tryParse(text) ?? [],
    );
    for (const ip of servers.slice(0, 2 * SERVERS_MAX)) reach(examination, report, ip);
    report.pass(servers.join(", ") || "none was promised, and no process in the container has any");
  },
};

interface Found {
  readonly file?: { readonly path: string; readonly servers: readonly string[] };
  /** Where a process should have one, and has none. */
  readonly lacking?: string;
}

/** The resolver's configuration of a process that is in the namespace. */
function resolvConf(ino: bigint): Found {
  let lacking: string | undefined;
  for (const { ino: number, path } of livingNamespaces()) {
    const [, pid] = /^\/proc\/(\d+)\/ns\/net$/u.exec(path) ?? [];
    if (number !== ino || pid === undefined) continue;
    const file = `/proc/${pid}/root/etc/resolv.conf`;
    const text = textOf(file);
    if (text === undefined) {
      if (isLacking(file)) lacking ??= file;
      continue;
    }
    const servers = text
      .split("\n")
      .flatMap((line) => /^\s*nameserver\s+(\S+)/u.exec(line)?.[1] ?? [])
      .slice(0, SERVERS_MAX);
    return { file: { path: file, servers } };
  }
  return defined({ lacking });
}

/** A process that has just ended has no directory either; where a link leads only the container knows. */
function isLacking(file: string): boolean {
  try {
    const entry = lstatSync(file, { throwIfNoEntry: false });
    return entry === undefined && statSync(dirname(file)).isDirectory();
  } catch {
    return false;
  }
}

/** The C library then asks the container itself, where there may be a name server. */
function noFile({ container }: Examination, report: Report, path: string): void {
  report.look(path);
  if (isServedInside(container)) return;
  report.find(
    "resolv-conf-missing",
    `no process in the container has a resolv.conf: names are asked of 127.0.0.1, where no program waits on port ${DNS_PORT}`,
    `ls -l ${shellWord(path)}`,
  );
}

function isServedInside({ netns }: ContainerFacts): boolean {
  return netns.run(() => listeningSockets("udp")).some(({ port }) => port === DNS_PORT);
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
    if (isServedInside(container)) return;
    report.find(
      "name-server-unreachable",
      `the container asks the name server ${ip}, which is itself, and no program there waits on port ${DNS_PORT}`,
      examination.within("ss -lnu"),
    );
    return;
  }
  const inside = container.routeTo(ip);
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
  if (host.routeTo(ip) !== undefined) return;
  report.find(
    "name-server-unreachable",
    `the host has no route to the container's name server ${ip}`,
    `ip route get ${ip} iif ${shellWord(examination.hostLink.name)}`,
  );
}
