/** The way of the packet inside the container: the kernel is asked for this very packet. */
import { shellWord } from "../../base/index.ts";
import { neighbour, route } from "../../kernel/route/index.ts";
import { NotReached, type Report, type StageSpec } from "../report.ts";
import type { Examination, Flow } from "./examination.ts";

export const containerRoute: StageSpec<Examination> = {
  name: "route",
  title: "route in the container",
  look(examination, report) {
    const { flows, inside, subject } = examination;
    report.look(`routes in ${subject.netns}`);
    if (flows.length === 0) {
      report.pass(
        examination.target === undefined
          ? "no default route was promised: it reaches its own subnet"
          : "",
      );
      familyless(examination, report);
      return;
    }
    const ways = flows.map((flow) => way(examination, report, flow, inside.index));
    report.pass(ways.filter((text) => text !== "").join("; "));
  },
};

function familyless({ target, subject }: Examination, report: Report): void {
  if (target === undefined) return;
  report.find(
    "no-address-of-family",
    `${target.ip} cannot be reached: the container has no IPv${target.ip.family} address`,
    `hawser show ${shellWord(subject.containerId)}`,
  );
}

function way(examination: Examination, report: Report, flow: Flow, index: number): string {
  const { container, subject } = examination;
  const { target, source } = flow;
  report.look(`ip route get ${target} in the container`);
  const found = container.routeTo(target);
  const isRefused = found !== undefined && REFUSALS.has(found.type);
  if (found === undefined || isRefused) {
    report.find(
      "route-missing",
      `the container has no route to ${flow.isNamed ? target : "what lies beyond its subnet"}`,
      routeCommand(examination, flow),
    );
    return "";
  }
  const at = found.index ?? 0;
  if (found.type !== route.RTN_LOCAL && at !== index) {
    const name = container.links.find((one) => one.index === at)?.name ?? `link ${at}`;
    // A container in several networks has its default route in one of them.
    if (flow.isNamed) report.look(`${target} is reached by ${name}, not by ${subject.ifName}`);
    return `to ${target} by ${name}, which is another attachment's`;
  }
  const via = found.gateway === undefined ? "directly" : `by ${found.gateway}`;
  const from = found.source === undefined ? "" : ` from ${found.source}`;
  if (
    found.source !== undefined &&
    !found.source.equals(source) &&
    found.type !== route.RTN_LOCAL
  ) {
    report.look(`the kernel starts such packets from ${found.source}`);
  }
  return `${target} ${via}${from}`;
}

const REFUSALS: ReadonlySet<number> = new Set([
  route.RTN_BLACKHOLE,
  route.RTN_UNREACHABLE,
  route.RTN_PROHIBIT,
]);

function routeCommand(examination: Examination, { family, target, isNamed }: Flow): string {
  const { ifName } = examination.subject;
  const gateway = examination.gateway(family);
  const isDirect = isNamed && examination.isNeighbour(target);
  const via = gateway === undefined || isDirect ? "" : `via ${gateway} `;
  const to = examination.promisesDefault(family) && !isDirect ? "default" : target.toString();
  const add = `ip ${family === 6 ? "-6 " : ""}route add`;
  const command = examination.within(`${add} ${to} ${via}dev ${shellWord(ifName)}`);
  const subnet = via === "" ? undefined : lostSubnet(examination, gateway);
  if (subnet === undefined) return command;
  // Without its subnet's route the kernel takes no route by the gateway.
  return `${examination.within(`${add} ${subnet} dev ${shellWord(ifName)}`)} && ${command}`;
}

/** The subnet by which the gateway should be reached, when the container has no route there. */
function lostSubnet(
  { container, addresses }: Examination,
  gateway: Flow["target"] | undefined,
): string | undefined {
  if (gateway === undefined || container.routeTo(gateway) !== undefined) return undefined;
  return addresses
    .find(({ prefix }) => prefix.contains(gateway))
    ?.prefix.network()
    .toString();
}

export const neighbours: StageSpec<Examination> = {
  name: "neighbour",
  title: "neighbours resolved",
  look(examination, report) {
    const { container, inside, subject, isOpen } = examination;
    if (!isOpen) throw new NotReached("the container's namespace was not found");
    report.look(`neighbours in ${subject.netns}, and of the host`);
    const hops = nextHops(examination);
    const named: string[] = [];
    for (const ip of hops) {
      const entry = container.neighbours.find(
        (one) => one.index === inside.index && one.ip.equals(ip),
      );
      if (entry === undefined) continue;
      judge(report, { entry, where: "the container", flush: flushed(examination, ip.toString()) });
      named.push(`${ip} is ${entry.address ?? "not resolved"}`);
      ofHost(examination, report, entry);
    }
    if (examination.hasOutside) ofContainer(examination, report);
    report.pass(named.join(", ") || "none is known yet: none was spoken to");
  },
};

/** What the host takes the container's addresses for. */
function ofContainer(examination: Examination, report: Report): void {
  const { host, subject, inside } = examination;
  for (const entry of neighbour.list(host.socket, { index: examination.hostLink.index })) {
    const isOurs = subject.addresses.some(({ prefix }) => prefix.ip.equals(entry.ip));
    if (!isOurs) continue;
    const flush = `ip neighbour flush to ${entry.ip} dev ${shellWord(examination.hostLink.name)}`;
    judge(report, { entry, where: "the host", flush });
    differing(report, { entry, wanted: inside.address, flush, whose: "the container" });
  }
}

function flushed(examination: Examination, ip: string): string {
  return examination.within(
    `ip neighbour flush to ${ip} dev ${shellWord(examination.subject.ifName)}`,
  );
}

/** The gateways of the flows, and a target on the link. */
function nextHops({ flows, container }: Examination): readonly Flow["target"][] {
  return flows.flatMap(({ target }) => {
    const found = container.routeTo(target);
    if (found === undefined || found.type === route.RTN_LOCAL) return [];
    return [found.gateway ?? target];
  });
}

interface Judged {
  readonly entry: neighbour.Neighbour;
  readonly where: string;
  readonly flush: string;
}

function judge(report: Report, { entry, where, flush }: Judged): void {
  if ((entry.state & (neighbour.NUD_FAILED | neighbour.NUD_INCOMPLETE)) === 0) return;
  report.find(
    "neighbour-failed",
    `${where} has asked who has ${entry.ip}, and there was no answer`,
    flush,
  );
}

/** A gateway that is the host's own has the MAC of the link that bears the address. */
function ofHost(examination: Examination, report: Report, entry: neighbour.Neighbour): void {
  const { host } = examination;
  const own = host.addresses.find(({ prefix }) => prefix.ip.equals(entry.ip));
  const wanted = host.link(own?.index)?.address;
  differing(report, {
    entry,
    wanted,
    flush: flushed(examination, entry.ip.toString()),
    whose: "the host",
  });
}

function differing(
  report: Report,
  {
    entry,
    wanted,
    flush,
    whose,
  }: {
    readonly entry: neighbour.Neighbour;
    readonly wanted: string | undefined;
    readonly flush: string;
    readonly whose: string;
  },
): void {
  if (wanted === undefined || entry.address === undefined || entry.address === wanted) return;
  if ((entry.state & neighbour.NUD_FAILED) !== 0) return;
  report.find(
    "neighbour-of-other-mac",
    `${entry.ip} is taken for ${entry.address}, but ${whose} has it as ${wanted}`,
    flush,
  );
}
