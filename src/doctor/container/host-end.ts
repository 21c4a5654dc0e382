/** The host's end of the container's interface, and the bridge that it is a port of. */
import { shellWord } from "../../base/index.ts";
import { link } from "../../kernel/route/index.ts";
import { NotReached, type Report, type StageSpec } from "../report.ts";
import { bridgeNameOf, isOn, numberAt, pluginOf } from "../subject.ts";
import { hostLinkOf } from "../surroundings.ts";
import type { Examination } from "./examination.ts";

const BR_STATE_FORWARDING = 3;
const STATES = ["disabled", "listening", "learning", "forwarding", "blocking"];

export const hostEnd: StageSpec<Examination> = {
  name: "host-end",
  title: "host's end of the interface",
  look(examination, report) {
    const { inside, container, host, subject } = examination;
    report.look("links of the host");
    if (inside.kind !== "veth") onParent(examination, report);
    const peer = link.peerOf(host.socket, inside, container.netns);
    if (peer === undefined) {
      report.find(
        "host-end-missing",
        `${subject.ifName} is a veth whose other end is not on the host`,
        examination.removal,
      );
      throw new NotReached("the host's end is missing");
    }
    examination.outside = peer;
    if (!peer.up) {
      report.find(
        "host-end-down",
        `${peer.name}, the host's end of ${subject.ifName}, is down`,
        `ip link set ${shellWord(peer.name)} up`,
      );
    }
    masterOf(examination, report, peer);
    report.pass(`${peer.name}, ${peer.operstate}`);
  },
};

/** A macvlan, an ipvlan or a VLAN stands on a link of the host, whose state decides. */
function onParent(examination: Examination, report: Report): never {
  const { inside, host } = examination;
  const parent = inside.linkNetnsId === undefined ? undefined : host.link(inside.linkIndex);
  if (parent !== undefined && !parent.up) {
    report.find(
      "host-end-down",
      `${parent.name}, which ${inside.name} stands on, is down`,
      `ip link set ${shellWord(parent.name)} up`,
    );
  }
  const why = `a link of kind ${inside.kind ?? "hardware"} has no end on the host`;
  examination.whyNoOutside = why;
  throw new NotReached(why);
}

function masterOf(examination: Examination, report: Report, peer: link.Link): void {
  const { subject, host } = examination;
  const config = pluginOf(subject, "bridge");
  if (config === undefined) return;
  const name = bridgeNameOf(config);
  const bridge = host.named(name);
  if (bridge === undefined) {
    report.find("bridge-missing", `the bridge ${name} does not exist`, examination.repair);
    return;
  }
  if (peer.master === bridge.index) return;
  const now = host.link(peer.master)?.name;
  report.find(
    "not-on-bridge",
    `${peer.name} is a port of ${now ?? "no bridge"}, and should be one of ${name}`,
    `ip link set ${shellWord(peer.name)} master ${shellWord(name)}`,
  );
}

export const bridgePort: StageSpec<Examination> = {
  name: "bridge",
  title: "bridge and its port",
  look(examination, report) {
    const { bridge, outside } = examination;
    if (bridge === undefined) {
      report.pass("the host's end is not a port of a bridge");
      return;
    }
    report.look(`bridge ${bridge.name} and its port ${outside.name}`);
    if (!bridge.up) {
      report.find(
        "bridge-down",
        `the bridge ${bridge.name} is down`,
        `ip link set ${shellWord(bridge.name)} up`,
      );
    }
    const state = outside.port?.state ?? BR_STATE_FORWARDING;
    // The kernel disables the ports of a bridge, and a link, that is down.
    if (state !== BR_STATE_FORWARDING && bridge.up && outside.operstate === "UP") {
      report.find(
        "port-not-forwarding",
        `${outside.name} does not forward: as a port of ${bridge.name} it is ${STATES[state] ?? state}`,
        `bridge link set dev ${shellWord(outside.name)} state ${BR_STATE_FORWARDING}`,
      );
    }
    isolation(examination, report);
    vlans(examination, report);
    gateway(examination, report);
    report.pass(`${outside.name} is ${STATES[state] ?? state} on ${bridge.name}`);
  },
};

/** Two isolated ports of a bridge never reach each other. */
function isolation(examination: Examination, report: Report): void {
  const { outside, host, target, bridge, subject } = examination;
  if (outside.port?.isolated !== true || bridge === undefined) return;
  const remedy = `bridge link set dev ${shellWord(outside.name)} isolated off`;
  const wanted = isOn(pluginOf(subject, "bridge"), "portIsolation");
  if (target !== undefined && examination.isNeighbour(target.ip)) {
    const other = portTo(examination, target.ip.toString());
    if (other?.port?.isolated !== true) return;
    const why = wanted ? ", as the configuration wants" : "";
    report.find(
      "ports-isolated",
      `${outside.name} and ${other.name} are isolated ports of ${bridge.name}: they never reach each other${why}`,
      remedy,
    );
    return;
  }
  if (wanted) return;
  const others = host.links.filter((one) => {
    return (
      one.master === bridge.index && one.index !== outside.index && one.port?.isolated === true
    );
  });
  if (others.length === 0) return;
  report.find(
    "ports-isolated",
    `${outside.name} is an isolated port of ${bridge.name}: it does not reach ${others
      .slice(0, 3)
      .map(({ name }) => name)
      .join(", ")}`,
    remedy,
  );
}

/** The port of another attachment with an address. */
function portTo(examination: Examination, ip: string): link.Link | undefined {
  const name = hostLinkOf(examination.node, ip);
  return name === undefined ? undefined : examination.host.named(name);
}

/** A port's frames are of one VLAN; the gateway, and the target, have to be in the same. */
function vlans({ bridge, outside, host, subject }: Examination, report: Report): void {
  if (bridge?.bridge?.vlanFiltering !== true) return;
  report.look(`VLANs of ${outside.name}`);
  const pvid = pvidOf(host.vlans, outside.index);
  const wanted = numberAt(pluginOf(subject, "bridge"), "vlan") ?? 0;
  const vlan = wanted > 0 ? wanted : bridge.bridge.vlanDefaultPvid;
  if (vlan === undefined || vlan === 0 || pvid === vlan) return;
  report.find(
    "vlan-differs",
    pvid === undefined
      ? `${outside.name} takes no frames: it has no VLAN for them, and should have ${vlan}`
      : `${outside.name} puts frames into VLAN ${pvid}, and should into ${vlan}`,
    `bridge vlan add dev ${shellWord(outside.name)} vid ${vlan} pvid untagged`,
  );
}

function pvidOf(tables: Examination["host"]["vlans"], index: number): number | undefined {
  const table = tables.find((one) => one.index === index);
  return table?.ranges.find(({ pvid }) => pvid === true)?.first;
}

/** A gateway that the host is has to have its address. */
function gateway(examination: Examination, report: Report): void {
  const { subject, host, bridge } = examination;
  const config = pluginOf(subject, "bridge");
  const isHosts = isOn(config, "isGateway") || isOn(config, "isDefaultGateway");
  if (!isHosts || bridge === undefined) return;
  for (const { prefix, gateway } of subject.addresses) {
    if (gateway === undefined || host.hasAddress(gateway)) continue;
    report.find(
      "gateway-address-missing",
      `no link of the host has ${gateway}, which is the container's gateway`,
      `ip address add ${gateway}/${prefix.length} dev ${shellWord(bridge.name)}`,
    );
  }
}
