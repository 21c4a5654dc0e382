/** What commands that speak of the node's attachments share. */
import { defined } from "../base/index.ts";
import { CniError, ErrorCode, type JsonObject } from "../spec/index.ts";
import {
  type AttachedLink,
  type Finding,
  type MappedPort,
  type NodeAttachment,
  type NodeView,
  type ViewOptions,
  viewOfNode,
} from "../view/attachments/index.ts";
import { type Named, podName, select } from "../view/index.ts";
import { type Places, type Problem, placesOf } from "../view/sources/index.ts";
import { findingJson } from "./finding.ts";
import { confDir } from "./request.ts";
import type { Session } from "./session.ts";
import { listed, suggestion } from "./suggest.ts";

/**
 * The node as far as it can be read; what cannot is a warning.
 * @throws CniError where a caller that is not root may read nothing
 */
export function viewOf(session: Session, options: ViewOptions = {}): NodeView {
  const { io } = session;
  const view = viewOfNode(placesFor(session), options);
  const refused = view.problems.filter((problem) => problem.refused);
  const [first] = refused;
  if (io.isRoot === false && first !== undefined && view.attachments.length === 0) {
    throw first.error ?? new Error(first.text);
  }
  for (const { source, text } of view.problems) session.warn(`${source} is not read: ${text}`);
  return view;
}

/** Where a command looks: the places that its options name, and the usual ones. */
export function placesFor({ io, options }: Session): Places {
  return placesOf(io.env, { confDir: confDir(io, options), cacheDir: options.cacheDir });
}

/** A source that was not read, in an answer for programs. */
export function problemJson({ source, text }: Problem): JsonObject {
  return { source, text };
}

/** The same of a line that names its source first. */
export function sourceJson(line: string): JsonObject {
  const [source = "", ...rest] = line.split(": ");
  return rest.length === 0 ? { source: "", text: line } : { source, text: rest.join(": ") };
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
    const names = new Set(selection.attachments.map(nameShown));
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

/** An attachment in an answer for programs: the same everywhere. */
export function nodeAttachmentJson(one: NodeAttachment): JsonObject {
  const { network, containerId, ifName, netns, finished, earlierBoot, netnsState } = one;
  const { pod, mac, hostLink, since, networkFile, cacheFile } = one;
  return {
    ...{ network, containerId, ifName, netns, finished, earlierBoot },
    ...{ state: one.state, netnsState, sources: [...one.sources] },
    addresses: [...one.addresses],
    ports: one.ports.map((port) => ({ ...port })),
    reservations: one.reservations.map(({ address, path }) => ({ address, path })),
    findings: one.findings.map(viewFindingJson),
    ...defined({
      pod: pod && { ...pod },
      mac,
      hostLink: hostLink && linkJson(hostLink),
      since: since === undefined ? undefined : new Date(since).toISOString(),
      ...{ networkFile, cacheFile },
    }),
  };
}

function viewFindingJson({ name, state, text, remedy }: Finding): JsonObject {
  const severity = state === "unfinished" ? "warning" : "error";
  return { ...findingJson({ name, severity, message: text, remedy }), state };
}

function linkJson({ name, index, kind, up, operstate, master }: AttachedLink): JsonObject {
  return { name, ...defined({ index, kind, up, operstate, master }) };
}

/** `8080:80`, with protocol and address where they are not the usual ones. */
export function portText({ hostIP, hostPort, containerPort, protocol }: MappedPort): string {
  const host = hostIP === undefined ? "" : `${hostIP.includes(":") ? `[${hostIP}]` : hostIP}:`;
  return `${host}${hostPort}:${containerPort}${protocol === "tcp" ? "" : `/${protocol}`}`;
}
