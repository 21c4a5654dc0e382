/** Namespaces of containers, and how each of their interfaces hangs on the host. */
import { bareAddress } from "../../base/index.ts";
import type { AttachmentForm, AttachmentStateForm } from "../../forms/index.ts";
import { addFault, boundedFaults, type Draft, type DraftNode, nodeId } from "./draft.ts";
import type { MapFacts, StandingFact } from "./facts.ts";
import { HOST, kindText, type LinkIndex } from "./links.ts";
import { attachmentName, nameKey, shortId } from "./names.ts";

/** Findings that are about the link on the host, and its place there. */
const OF_LINK: readonly string[] = ["link-missing", "link-down", "link-off-bridge"];

/** The node of each attachment, by its names. */
export type NamespaceIndex = ReadonlyMap<string, DraftNode>;

/** @param shown the attachments that are drawn; the others are only counted */
export function addNamespaces(
  draft: Draft,
  shown: readonly AttachmentForm[],
  facts: MapFacts,
  links: LinkIndex,
): NamespaceIndex {
  const standing = new Map((facts.host?.standing ?? []).map((one) => [nameKey(one), one]));
  const masqueraded = facts.host?.masqueraded && new Set(facts.host.masqueraded);
  const index = new Map<string, DraftNode>();
  for (const one of shown) {
    const key = nameKey(one);
    const node = namespaceOf(draft, one);
    index.set(key, node);
    addAttachment(node, one, masqueraded);
    join(draft, one, node, links, standing.get(key));
  }
  return index;
}

function namespaceOf(draft: Draft, one: AttachmentForm): DraftNode {
  const { netns, netnsState, containerId, pod, network } = one;
  // The path of a namespace that is gone may lead to another one by now.
  const isThere = netns !== "" && (netnsState === "alive" || netnsState === "unknown");
  const podName = pod?.namespace === undefined ? pod?.name : `${pod.namespace}/${pod.name}`;
  return draft.node("namespace", isThere ? netns : containerId, podName ?? shortId(containerId), {
    network,
  });
}

function addAttachment(
  node: DraftNode,
  one: AttachmentForm,
  masqueraded: ReadonlySet<string> | undefined,
): void {
  const { ifName, state } = one;
  const faults = [...new Set(one.findings.map(({ message }) => message))];
  node.attachments.push({
    ...{ ...attachmentName(one), state },
    ...(faults.length === 0 ? {} : { faults: boundedFaults(faults) }),
  });
  for (const address of one.addresses) {
    const known = masqueraded && { masqueraded: masqueraded.has(bareAddress(address)) };
    node.addresses.push({ address, ifName, ...known });
  }
  node.lines.push([one.ifName, ...one.addresses].filter((text) => text !== "").join(" "));
  for (const finding of one.findings) addFault(node, finding.state ?? state, finding.message);
}

function join(
  draft: Draft,
  one: AttachmentForm,
  node: DraftNode,
  links: LinkIndex,
  standing: StandingFact | undefined,
): void {
  const { hostLink, ifName, network, findings } = one;
  const parent = standing === undefined ? undefined : links.idOf(standing.parent);
  if (parent !== undefined) {
    const label = [ifName, standing === undefined ? "" : kindText(standing)].join(" ").trim();
    draft.edge({ from: node.id, to: parent, kind: "on", label, ifName, state: one.state });
    const what = label.slice(ifName.length).trim();
    node.lines.push(`${what} on ${standing?.parent ?? ""}`.trim());
    return;
  }
  if (hostLink === undefined) return;
  const { name } = hostLink;
  const link = links.nodeOf(name) ?? draft.node("link", name, name, { link: hostLink, network });
  // A bridge that a result lists is no end of a pair.
  if (link.kind !== "link") {
    const to = link.id;
    draft.edge({ from: node.id, to, kind: "port of", label: ifName, ifName, state: one.state });
    return;
  }
  link.network ??= network;
  link.attachments.push(attachmentName(one));
  const about = findings.filter((finding) => OF_LINK.includes(finding.name));
  for (const finding of about) addFault(link, finding.state ?? one.state, finding.message);
  const state: AttachmentStateForm = about.length > 0 ? link.state : "ok";
  draft.edge({ from: link.id, to: node.id, kind: "pair", label: ifName, ifName, state });
  const isOff = about.some((finding) => finding.name === "link-off-bridge");
  if (hostLink.index !== undefined && hostLink.master === undefined && !isOff) {
    const from = nodeId("host", HOST);
    draft.edge({ from, to: link.id, kind: "routes", label: "", state: "ok" });
  }
}
