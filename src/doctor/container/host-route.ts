/** The packet's way through the host: routing, forwarding, and what routing refuses. */
import { shellWord } from "../../base/index.ts";
import { route } from "../../kernel/route/index.ts";
import { Errno, isKernelError } from "../../kernel/sys/index.ts";
import { sysctlNumber } from "../facts/host.ts";
import type { Report, StageSpec } from "../report.ts";
import type { Examination, Flow } from "./examination.ts";

const SWITCH = { 4: "net/ipv4/ip_forward", 6: "net/ipv6/conf/all/forwarding" } as const;

export const forwarding: StageSpec<Examination> = {
  name: "forwarding",
  title: "host forwards",
  look(examination, report) {
    const { hostLink, flows, host } = examination;
    const routed = flows.filter(({ target }) => {
      return !examination.isNeighbour(target) && !host.hasAddress(target);
    });
    if (routed.length === 0) {
      report.pass("such packets are not routed by the host");
      return;
    }
    for (const { family, target } of routed) {
      const key = SWITCH[family];
      report.look(`sysctl ${key}`);
      if (sysctlNumber(key) !== 0) {
        if (family !== 4) continue;
        // Answers come in by the link that the packet leaves by.
        ofLink(report, hostLink.name);
        const uplink = host.link(host.linkTo(target));
        if (uplink !== undefined) ofLink(report, uplink.name);
        continue;
      }
      report.find(
        "forwarding-off",
        `the host does not forward IPv${family}: ${dotted(key)} is 0`,
        `sysctl -w ${dotted(key)}=1`,
      );
    }
    report.pass(routed.map(({ family }) => `${dotted(SWITCH[family])} is 1`).join(", "));
  },
};

/** Of IPv4 a link may have a switch of its own. */
function ofLink(report: Report, name: string): void {
  const key = `net/ipv4/conf/${name}/forwarding`;
  report.look(`sysctl ${key}`);
  if (sysctlNumber(key) !== 0) return;
  report.find(
    "forwarding-off",
    `the host does not forward IPv4 that comes in by ${name}`,
    `sysctl -w ${shellWord(`${key}=1`)}`,
  );
}

function dotted(key: string): string {
  return key.replaceAll("/", ".");
}

export const hostRoute: StageSpec<Examination> = {
  name: "host-route",
  title: "route on the host",
  look(examination, report) {
    const { flows, addresses, host, hostLink } = examination;
    for (const { prefix } of addresses) {
      report.look(`ip route get ${prefix.ip}`);
      wayBack(examination, report, prefix.ip.toString(), host.linkTo(prefix.ip));
    }
    const ways = flows
      .filter(({ target }) => !examination.isNeighbour(target))
      .flatMap((flow) => {
        report.look(`ip route get ${flow.target} from ${flow.source} iif ${hostLink.name}`);
        const name = wayOut(examination, report, flow);
        return name === undefined ? [] : [`${flow.target} ${name}`];
      });
    report.pass(ways.join("; ") || "such packets are not routed by the host");
  },
};

/** Packets for the container have to leave by the link that leads to it. */
function wayBack(
  { hostLink, host, bridge }: Examination,
  report: Report,
  ip: string,
  index: number | undefined,
): void {
  if (index === hostLink.index) return;
  // A bridge without an address of the host is no router for its ports.
  const isFamily6 = ip.includes(":");
  const isRouter =
    bridge === undefined ||
    host.addressesOf(bridge.index).some(({ prefix }) => {
      return !prefix.ip.isLinkLocal && (prefix.family === 6) === isFamily6;
    });
  if (!isRouter) return;
  if (index === host.named("lo")?.index) return; // an address of the host, which another stage names
  const family = isFamily6 ? "-6 " : "";
  const now =
    index === undefined ? "has no route to it" : `sends them by ${host.link(index)?.name ?? index}`;
  report.find(
    "route-to-container-elsewhere",
    `packets for ${ip} should leave by ${hostLink.name}, but the host ${now}`,
    `ip ${family}route replace ${ip}/${family === "" ? 32 : 128} dev ${shellWord(hostLink.name)}`,
  );
}

/** The kernel's answer for this very packet, coming in by this very link. */
function wayOut(examination: Examination, report: Report, flow: Flow): string | undefined {
  const { host, hostLink } = examination;
  const { target, source } = flow;
  try {
    const lookup = { dst: target, source, inputIndex: hostLink.index };
    const found = route.get(host.socket, lookup);
    if (found?.type === route.RTN_LOCAL) return "is the host itself";
    if (found !== undefined && found.type === route.RTN_UNICAST) {
      const name = host.link(found.index)?.name ?? `link ${found.index ?? 0}`;
      return found.gateway === undefined ? `by ${name}` : `by ${found.gateway} on ${name}`;
    }
    noRoute(examination, report, flow);
    return undefined;
  } catch (error) {
    // Kernels before 6.13 tell so what they tell later as a missing route.
    if (!isKernelError(error, Errno.EXDEV, Errno.EINVAL, Errno.EACCES)) throw error;
    noRoute(examination, report, flow);
    return undefined;
  }
}

/** The kernel does not tell why: no route, a filter, or a host that does not forward. */
function noRoute(examination: Examination, report: Report, flow: Flow): void {
  const { host, hostLink } = examination;
  const { target, source, family, isNamed } = flow;
  if (family === 4 && isStrict(report, hostLink.name) && host.linkTo(source) !== hostLink.index) {
    reversePath(examination, report, flow);
    return;
  }
  // The kernel says the same of a packet that it does not forward, which another stage names.
  const direct = host.routeTo(target);
  if (direct !== undefined && direct.type === route.RTN_UNICAST) return;
  if (!isNamed) {
    report.look("the host has no default route: containers reach its own networks alone");
    return;
  }
  const version = family === 6 ? "-6 " : "";
  report.find(
    "route-on-host-missing",
    `the host has no route to ${target}`,
    `ip ${version}route get ${target} from ${source} iif ${shellWord(hostLink.name)}`,
  );
}

/** Strict filtering drops what would not be answered by the link that it came in by. */
function reversePath({ host, hostLink }: Examination, report: Report, { source }: Flow): void {
  const back = host.link(host.linkTo(source))?.name;
  report.find(
    "reverse-path-filter",
    `the host drops what ${source} sends by ${hostLink.name}: its own route to ${source} ${
      back === undefined ? "is missing" : `leads to ${back}`
    }, and rp_filter is strict`,
    back === undefined || host.named("lo")?.name === back
      ? `sysctl -w ${shellWord(`net/ipv4/conf/${hostLink.name}/rp_filter=2`)}`
      : `ip route del ${source} dev ${shellWord(back)}`,
  );
}

/** The stricter of two switches counts, and 2 is less strict than 1. */
function isStrict(report: Report, name: string): boolean {
  const keys = ["all", name].map((each) => `net/ipv4/conf/${each}/rp_filter`);
  for (const key of keys) report.look(`sysctl ${key}`);
  return Math.max(...keys.map((key) => sysctlNumber(key) ?? 0)) === 1;
}
