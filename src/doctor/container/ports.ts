/** Ports of the host that lead to the container: does each, and is there a program behind it? */
import { Ip } from "../../addr/index.ts";
import { bareAddress, shellWord } from "../../base/index.ts";
import { listeningSockets } from "../../kernel/sockets/index.ts";
import { field } from "../../spec/index.ts";
import { mapsPorts } from "../../view/attachments/index.ts";
import { sysctlNumber } from "../facts/host.ts";
import { answersAt } from "../facts/listeners.ts";
import type { Report, StageSpec } from "../report.ts";
import { type Passage, Walk } from "../ruleset/index.ts";
import { type PublishedPort, pluginOf } from "../subject.ts";
import type { Examination } from "./examination.ts";
import { acceptance } from "./filter.ts";
import { nameOfRule, packetOf } from "./passage.ts";

/** Addresses of documentation: a caller from anywhere. */
export const CALLER: Readonly<Record<4 | 6, Ip>> = {
  4: Ip.parse("198.51.100.2"),
  6: Ip.parse("2001:db8:ffff::2"),
};
/** More are not looked at: each costs a walk through the rules. */
export const PORTS_MAX = 256;

export const ports: StageSpec<Examination> = {
  name: "ports",
  title: "published ports",
  look(examination, report) {
    const { subject } = examination;
    if (subject.ports.length === 0) {
      report.pass("none is published");
      return;
    }
    report.look("chains of the type nat at the hook prerouting");
    for (const port of subject.ports.slice(0, PORTS_MAX)) {
      for (const family of [4, 6] as const) {
        const isMapped = port.hostIp === undefined || port.hostIp.family === family;
        if (isMapped) one(examination, report, port, family);
      }
      onHost(report, port);
      inContainer(examination, report, port);
    }
    localnet(examination, report);
    report.pass(subject.ports.map(portText).join(", "));
  },
};

export function portText({ hostIp, hostPort, containerPort, protocol }: PublishedPort): string {
  const host = hostIp === undefined ? "" : `${hostIp}:`;
  return `${host}${hostPort} to ${containerPort}/${protocol}`;
}

function one(examination: Examination, report: Report, port: PublishedPort, family: 4 | 6): void {
  const { host } = examination;
  const wanted = examination.addresses.find(({ prefix }) => prefix.family === family)?.prefix.ip;
  const entrance = wanted === undefined ? undefined : entranceOf(examination, port, family);
  if (wanted === undefined || entrance === undefined) return;
  const way = {
    source: CALLER[family],
    destination: entrance.ip,
    protocol: port.protocol,
    port: port.hostPort,
    input: entrance.index,
  };
  const walk = new Walk(host.ruleset, host);
  const passage = walk.pass("prerouting", packetOf(examination, way));
  if (passage.dropped !== undefined) {
    report.find(
      "packet-dropped",
      `${nameOfRule(passage.dropped)} drops what comes for ${portText(port)}`,
      acceptance(passage.dropped, wanted, examination.hostLink.name),
    );
    return;
  }
  if (!leadsTo(examination, report, port, passage, wanted)) return;
  onward(examination, report, { port, walk, wanted, input: entrance.index });
}

/**
 * An address of the host by which a caller from outside comes in, and the link of it; on a host without
 * a way out that of the bridge, by which other containers come.
 */
function entranceOf(
  { host, hostLink }: Examination,
  { hostIp }: PublishedPort,
  family: 4 | 6,
): { readonly ip: Ip; readonly index: number } | undefined {
  const fitting = host.addresses.filter(({ prefix }) => {
    if (prefix.family !== family) return false;
    if (hostIp !== undefined && !hostIp.isUnspecified) return prefix.ip.equals(hostIp);
    return !prefix.ip.isLoopback && !prefix.ip.isLinkLocal;
  });
  const found = fitting.find(({ index }) => index !== hostLink.index) ?? fitting[0];
  return found && { ip: found.prefix.ip, index: found.index };
}

/** Whether the mapping is there, and leads to this container. */
function leadsTo(
  examination: Examination,
  report: Report,
  port: PublishedPort,
  { translation, mayTranslate }: Passage,
  wanted: Ip,
): boolean {
  if (translation === undefined) {
    if (mayTranslate) return false;
    if (!isTaken(examination)) {
      const { network, again } = examination.subject;
      report.find(
        "port-mapping-missing",
        `port ${portText(port)} is published, but no plugin of network ${network} maps ports: none declares the capability portMappings`,
        `add { "type": "portmap", "capabilities": { "portMappings": true } } to the network's plugins, then ${again}`,
      );
      return false;
    }
    report.find(
      "port-mapping-missing",
      `port ${portText(port)} is published, but no rule leads it to ${wanted}`,
      examination.repair,
    );
    return false;
  }
  const { address, port: to, by, kind } = translation;
  const isRight =
    address?.equals(wanted) === true && (to === undefined || to === port.containerPort);
  if (isRight) return true;
  const isOfHost = kind === "redirect";
  const place = isOfHost ? "the host itself" : (address ?? `another place (${kind})`);
  const where = `${place}${to === undefined ? "" : `, port ${to}`}`;
  const { whose, remedy } = isOfHost
    ? { whose: "a program of the host gets what comes", remedy: undefined }
    : holderOf(examination, address, port.hostPort);
  report.find(
    "port-mapping-elsewhere",
    `port ${portText(port)} is led to ${where} by ${nameOfRule(by)}, and not to ${wanted}: ${whose}`,
    remedy ?? `nft -a list chain ${by.family} ${shellWord(by.table)} ${shellWord(by.chain)}`,
  );
  return false;
}

/** Which container has the address that a port leads to, and what gives the port back. */
function holderOf(
  { node: { view }, subject }: Examination,
  address: Ip | undefined,
  hostPort: number,
): { readonly whose: string; readonly remedy?: string } {
  const others = view.attachments.filter(({ network, containerId, addresses }) => {
    if (network === subject.network && containerId === subject.containerId) return false;
    return addresses.some((text) => bareAddress(text) === address?.toString());
  });
  const one = others.find(({ state }) => state === "orphan") ?? others[0];
  if (one === undefined) return { whose: "the mapping of a dead container, perhaps" };
  const name = `${one.containerId} (${one.ifName}) in network ${one.network}`;
  if (one.state !== "orphan") {
    return { whose: `${name} has it`, remedy: `hawser ports ${hostPort}` };
  }
  const [{ remedy } = { remedy: "hawser ls --state orphan" }] = one.findings;
  return { whose: `${name} has it, and is gone`, remedy };
}

/** Whether a plugin of the ADD was sent the ports; where its configuration is not known, one was. */
function isTaken({ subject: { plugins } }: Examination): boolean {
  return plugins.length === 0 || plugins.some(mapsPorts);
}

/** Behind the translation the packet is forwarded as any other. */
function onward(
  examination: Examination,
  report: Report,
  {
    port,
    walk,
    wanted,
    input,
  }: {
    readonly port: PublishedPort;
    readonly walk: Walk;
    readonly wanted: Ip;
    readonly input: number;
  },
): void {
  const { hostLink } = examination;
  const packet = packetOf(examination, {
    source: CALLER[wanted.family],
    destination: wanted,
    protocol: port.protocol,
    port: port.containerPort,
    input,
    output: hostLink.index,
    isTranslated: true,
  });
  const { dropped } = walk.pass("forward", packet);
  if (dropped === undefined) return;
  report.find(
    "packet-dropped",
    `${nameOfRule(dropped)} drops what comes for ${portText(port)}`,
    acceptance(dropped, wanted, hostLink.name),
  );
}

/** A program of the host on the same port answers callers of the host itself. */
function onHost(report: Report, port: PublishedPort): void {
  const { protocol, hostIp, hostPort } = port;
  if (protocol === "sctp") return;
  report.look(`/proc/net/${protocol}`);
  const taken = listeningSockets(protocol).find((socket) => {
    return socket.port === hostPort && (hostIp === undefined || answersAt(socket, hostIp));
  });
  if (taken === undefined) return;
  report.find(
    "port-held-by-host",
    `a program of the host waits on ${taken.address} port ${hostPort}/${protocol} as well, which is published for the container`,
    `ss -lnp${protocol === "tcp" ? "t" : "u"} 'sport = :${hostPort}'`,
  );
}

function inContainer(examination: Examination, report: Report, port: PublishedPort): void {
  const { protocol, containerPort } = port;
  if (protocol === "sctp") return;
  const { container, addresses, subject } = examination;
  report.look(`/proc/net/${protocol} of the container`);
  const sockets = container.netns
    .run(() => listeningSockets(protocol))
    .filter((one) => one.port === containerPort);
  const isHeard = sockets.some((socket) =>
    addresses.some(({ prefix }) => answersAt(socket, prefix.ip)),
  );
  if (isHeard) return;
  const [other] = sockets;
  report.find(
    "port-not-listening",
    other === undefined
      ? `no program in the container waits on port ${containerPort}/${protocol}`
      : `the program in the container waits on ${other.address} port ${containerPort}/${protocol} alone, which is not reached from outside`,
    `nsenter --net=${shellWord(subject.netns)} ss -ln${protocol === "tcp" ? "t" : "u"}`,
  );
}

/** Callers on the host itself that use 127.0.0.1 need a switch. */
function localnet(examination: Examination, report: Report): void {
  const { subject, hostLink } = examination;
  const config = pluginOf(subject, "portmap");
  const isMapped = subject.ports.some(({ hostIp }) => hostIp === undefined || hostIp.family === 4);
  const hasIp4 = subject.addresses.some(({ prefix }) => prefix.family === 4);
  if (config === undefined || field(config, "snat") === false || !isMapped || !hasIp4) return;
  const keys = ["all", hostLink.name].map((name) => `net/ipv4/conf/${name}/route_localnet`);
  for (const key of keys) report.look(`sysctl ${key}`);
  if (keys.some((key) => sysctlNumber(key) === 1)) return;
  report.find(
    "route-localnet-off",
    `published ports are not reached at 127.0.0.1 from the host itself: route_localnet of ${hostLink.name} is 0`,
    `sysctl -w ${shellWord(`net/ipv4/conf/${hostLink.name}/route_localnet=1`)}`,
  );
}
