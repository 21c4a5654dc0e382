/** Which attachment `check` and `del` are about, from as little as people type. */
import { leadsTo } from "../kernel/netns/index.ts";
import type { RuntimeConf } from "../runtime/index.ts";
import { type KnownAttachment, nameOf, selectContainer } from "../view/index.ts";
import type { CliIo } from "./io.ts";
import {
  attachmentConf,
  type CommonOptions,
  DEFAULT_IFNAME,
  netnsPath,
  UsageError,
} from "./request.ts";
import { listed } from "./suggest.ts";

/** An attachment as the words name it, and what is known of it. */
export interface Named {
  readonly conf: RuntimeConf;
  /** Absent when nothing is known to be attached by that name. */
  readonly known?: KnownAttachment;
}

/**
 * The attachment by its ID, or a beginning of it that no other has, or by the path of its namespace; the
 * path may be left out with an ID, since it was noted when the container was attached.
 * @param known the attachments of the network
 * @throws UsageError when a beginning is that of several, or nothing is known of a pod
 */
export function namedAttachment(
  io: CliIo,
  netns: string,
  options: CommonOptions,
  known: readonly KnownAttachment[],
): Named {
  const ifName = options.ifname ?? (io.env["CNI_IFNAME"] || DEFAULT_IFNAME);
  const path = netnsPath(io, netns);
  const candidates = known.filter((one) => one.ifName === ifName);
  const found =
    options.id === undefined
      ? byNamespace(candidates, attachmentConf(io, netns, options).containerId, path)
      : byId(candidates, options.id);
  if (found === undefined && options.id?.includes("/") === true) {
    const there = known.length === 0 ? "nothing is" : `attached are: ${listed(known.map(nameOf))}`;
    throw new UsageError(`no pod ${options.id} is attached as ${ifName}; ${there}`);
  }
  const containerId = found?.containerId ?? options.id;
  const conf = attachmentConf(io, netns, options, containerId);
  if (found === undefined) return { conf };
  return { conf: netns === "" ? { ...conf, netns: found.netns } : conf, known: found };
}

/** The one that the command line itself would make, else the only one at that path. */
function byNamespace(
  candidates: readonly KnownAttachment[],
  ownId: string,
  path: string,
): KnownAttachment | undefined {
  const own = candidates.find(({ containerId }) => containerId === ownId);
  if (own !== undefined) return own;
  const there = candidates.filter(({ netns, identity, earlierBoot }) => {
    if (earlierBoot || path === "") return false;
    return identity === undefined ? netns === path : leadsTo(path, identity);
  });
  return there.length === 1 ? there[0] : undefined;
}

function byId(candidates: readonly KnownAttachment[], id: string): KnownAttachment | undefined {
  const selection = selectContainer(candidates, id);
  if (selection.kind === "found") return selection.attachments[0];
  if (selection.kind === "none") return undefined;
  const names = selection.attachments.map((one) => nameOf(one));
  throw new UsageError(`--id ${id} is the beginning of several: ${listed(names)}`);
}
