/** Does what leaves the node bear an address that is answered? */
import type { Ip } from "../../addr/index.ts";
import { Prefix } from "../../addr/index.ts";
import { field } from "../../spec/index.ts";
import type { Report, StageSpec } from "../report.ts";
import { Walk } from "../ruleset/index.ts";
import { isOn, pluginOf } from "../subject.ts";
import type { Examination, Flow } from "./examination.ts";
import { nameOfRule, packetOf } from "./passage.ts";

/** Addresses that are not routed beyond a site (RFC 1918, RFC 6598, RFC 4193). */
const PRIVATE: readonly Prefix[] = [
  ...["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"],
].map((text) => Prefix.parse(text));

export const masquerading: StageSpec<Examination> = {
  name: "masquerade",
  title: "masquerading",
  look(examination, report) {
    const { flows, host } = examination;
    const leaving = flows.filter(({ target }) => {
      return !examination.isNeighbour(target) && !host.hasAddress(target);
    });
    const notes = leaving.map((flow) => leave(examination, report, flow));
    report.pass(notes.filter((text) => text !== "").join("; ") || "nothing leaves the node");
  },
};

function leave(examination: Examination, report: Report, flow: Flow): string {
  const { host, hostLink } = examination;
  const { source, target, protocol, port } = flow;
  report.look("chains of the type nat at the hook postrouting");
  const output = host.linkTo(target);
  if (output === undefined) return "";
  const way = { source, destination: target, protocol, port, input: hostLink.index };
  const walk = new Walk(host.ruleset, host);
  walk.pass("prerouting", packetOf(examination, way));
  walk.pass("forward", packetOf(examination, { ...way, output }));
  const { translation, mayTranslate } = walk.pass(
    "postrouting",
    packetOf(examination, { ...way, output }),
  );
  if (translation !== undefined) return `${source} by ${nameOfRule(translation.by)}`;
  if (mayTranslate) return `${source} perhaps: a rule decides by more than is known of the packet`;
  const wanted = wantsMasquerade(examination);
  if (!wanted) {
    const condition = isPrivate(source) ? ", which others must have a route to" : "";
    return `${source} leaves with its own address${condition}`;
  }
  if (isNearby(examination, target, output)) return "";
  report.find(
    "masquerade-missing",
    `what ${source} sends to ${flow.isNamed ? target : "what lies beyond the node"} is not masqueraded, and the configuration wants it: it is not answered`,
    examination.repair,
  );
  return "";
}

function wantsMasquerade({ subject }: Examination): boolean {
  return ["bridge", "ptp"].some((type) => isOn(pluginOf(subject, type), "ipMasq"));
}

/** Subnets of the container's network are spared, and so are those that the configuration exempts. */
function isNearby({ subject, host }: Examination, target: Ip, output: number): boolean {
  const exempt = subject.plugins.flatMap((plugin) => {
    const list = field(plugin, "ipMasqExcept");
    return Array.isArray(list) ? list.filter((each) => typeof each === "string") : [];
  });
  const isExempt = exempt.some((text) => {
    const prefix = Prefix.tryParse(text);
    return prefix?.family === target.family && prefix.contains(target);
  });
  const isOwnBridge = host.link(output)?.kind === "bridge" && target.isMulticast;
  return isExempt || isOwnBridge;
}

function isPrivate(ip: Ip): boolean {
  return PRIVATE.some((prefix) => prefix.family === ip.family && prefix.contains(ip));
}
