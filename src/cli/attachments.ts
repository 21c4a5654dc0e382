/** What commands that speak of the node's attachments share. */
import { CniError, ErrorCode } from "../spec/index.ts";
import type { MappedPort, NodeView } from "../view/attachments/index.ts";
import { type Named, podName, select } from "../view/index.ts";
import { listed, suggestion } from "./suggest.ts";

/** @throws CniError where no file configures the network, and nothing is attached to it */
export function requireNetwork({ attachments, networks }: NodeView, name: string): void {
  const names = [...networks.keys(), ...attachments.map(({ network }) => network)];
  if (!names.includes(name)) throw unknownName("network", name, names);
}

/** An error for what a command asks for, and the node does not have. */
export function unknownName(what: string, name: string, names: readonly string[]): CniError {
  return new CniError(ErrorCode.UNKNOWN_CONTAINER, `there is no ${what} ${name} here`, {
    advice: suggestion(name, names),
  });
}

/**
 * The attachments of the container that a word names.
 * @throws CniError that says what there is, and what may have been meant
 */
export function attachmentsNamed<T extends Named>(all: readonly T[], wanted: string): readonly T[] {
  const selection = select(all, wanted);
  if (selection.kind === "found") return selection.attachments;
  const code = ErrorCode.UNKNOWN_CONTAINER;
  if (selection.kind === "several") {
    const names = new Set(selection.attachments.map(nameAndId));
    throw new CniError(code, `${wanted} may be several: ${listed([...names])}`, {
      advice: "write more of the name, or NAMESPACE/NAME of a pod",
    });
  }
  throw new CniError(code, `nothing is attached by the name ${wanted}`, {
    advice: all.length === 0 ? "nothing is attached on this node" : nearTo(all, wanted),
  });
}

function nearTo(all: readonly Named[], wanted: string): string {
  const names = all.flatMap((one) => [nameShown(one), ...(one.pod ? [one.pod.name] : [])]);
  return suggestion(wanted, [...new Set(names)]);
}

/** A pod by its name, else a container by its ID. */
export function nameShown({ pod, containerId }: Named): string {
  return pod === undefined ? containerId : podName(pod);
}

/** A word that is the beginning of several may be of an ID, or of a pod. */
function nameAndId(one: Named): string {
  return one.pod === undefined
    ? one.containerId
    : `${podName(one.pod)} (${shortId(one.containerId)})`;
}

const HEX_ID = /^[0-9a-f]{32,}$/u;
const SHORT = 12;

/** An ID as people read it: of a long random one its beginning. */
export function shortId(containerId: string): string {
  return HEX_ID.test(containerId) ? containerId.slice(0, SHORT) : containerId;
}

/** The keys that an attachment may have in an answer for programs. */
export const ATTACHMENT_KEYS: readonly string[] = [
  ...[
    "network",
    "containerId",
    "ifName",
    "netns",
    "finished",
    "earlierBoot",
    "state",
    "netnsState",
  ],
  ...["sources", "addresses", "ports", "reservations", "findings", "pod", "mac", "hostLink"],
  ...["since", "networkFile", "cacheFile"],
];

/** `8080:80`, with protocol and address where they are not the usual ones. */
export function portText({ hostIP, hostPort, containerPort, protocol }: MappedPort): string {
  const host = hostIP === undefined ? "" : `${hostIP.includes(":") ? `[${hostIP}]` : hostIP}:`;
  return `${host}${hostPort}:${containerPort}${protocol === "tcp" ? "" : `/${protocol}`}`;
}
