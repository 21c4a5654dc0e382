import { basename } from "node:path";
import { Ip } from "../addr/index.ts";
import { bareAddress } from "../base/index.ts";
import type { Attachment } from "../spec/index.ts";
import { type Pod, podName } from "./pod.ts";

/** What an attachment can be named by. */
export interface Named extends Attachment {
  /** Path of its namespace; may be empty. */
  readonly netns: string;
  readonly pod?: Pod | undefined;
  readonly addresses?: readonly string[];
}

/** The attachments of one container that a person has named, or why there are none. */
export type Selection<T> =
  | { readonly kind: "found"; readonly attachments: readonly T[] }
  /** The name is the beginning of several, or several pods have it. */
  | { readonly kind: "several"; readonly attachments: readonly T[] }
  | { readonly kind: "none" };

type Match = (one: Named, wanted: string) => boolean;

/** In this order: what is exact goes before what is a beginning. */
const EXACT: readonly Match[] = [
  ({ containerId }, wanted) => containerId === wanted,
  ({ containerId, ifName }, wanted) => `${containerId}:${ifName}` === wanted,
  ({ pod }, wanted) => pod !== undefined && (podName(pod) === wanted || pod.name === wanted),
];
const byNetns: Match = ({ netns }, wanted) =>
  netns !== "" && (netns === wanted || basename(netns) === wanted);
const BEGINNING: readonly Match[] = [
  ({ containerId }, wanted) => containerId.startsWith(wanted),
  ({ pod }, wanted) =>
    pod !== undefined && (podName(pod).startsWith(wanted) || pod.name.startsWith(wanted)),
];

/**
 * The attachments of the container that a text names: by its ID, `ID:INTERFACE`, the name of its pod with
 * or without the pod's namespace, the path of its network namespace or the name in it, an address, or the
 * beginning of an ID or of a pod's name that no other has.
 */
export function select<T extends Named>(all: readonly T[], wanted: string): Selection<T> {
  const address = addressMeant(wanted);
  const byAddress: Match = ({ addresses = [] }) =>
    addresses.some((each) => bareAddress(each) === address);
  return by([...EXACT, byNetns, byAddress, ...BEGINNING], all, wanted);
}

/** As results write it, in whatever spelling, and without the length of a prefix, which lists show. */
function addressMeant(wanted: string): string | undefined {
  return Ip.tryParse(bareAddress(wanted))?.toString();
}

/** The same by nothing but a container's ID or its pod, or a beginning of them, for what changes things. */
export function selectContainer<T extends Named>(all: readonly T[], wanted: string): Selection<T> {
  return by([...EXACT, ...BEGINNING], all, wanted);
}

/** Whether a text is the whole name of an attachment's container or pod, and not the beginning of one. */
export function isNamed(one: Named, wanted: string): boolean {
  return EXACT.some((match) => match(one, wanted));
}

function by<T extends Named>(
  matches: readonly Match[],
  all: readonly T[],
  wanted: string,
): Selection<T> {
  if (wanted === "") return { kind: "none" };
  for (const match of matches) {
    const attachments = all.filter((one) => match(one, wanted));
    if (attachments.length === 0) continue;
    const containers = new Set(attachments.map(({ containerId }) => containerId));
    return { kind: containers.size === 1 ? "found" : "several", attachments };
  }
  return { kind: "none" };
}
