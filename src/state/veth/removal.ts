import { link } from "../../kernel/route/index.ts";
import type { Attachment } from "../../spec/index.ts";
import type { Completion } from "../kind.ts";
import { linkNames } from "../link-name.ts";
import type { Namespaces } from "../namespaces/index.ts";
import { netnsOfAdd } from "../netns-record/index.ts";
import { ownerComment } from "../owner/index.ts";
import type { Scene } from "../scene.ts";
import { type Finding, removed } from "../standing.ts";

/**
 * Removes an attachment's pair, also one that another implementation has made. The kernel takes long
 * to delete a link. So where another thread waits for the kernel, the deletion is asked for at once,
 * all else of the attachment is taken away meanwhile, and the end of the deletion is awaited last.
 */
export function removePair(scene: Scene): Completion {
  const { namespaces, owner } = scene;
  const hosts = ownHostLinks(namespaces, owner).map(({ index }) => index);
  if (hosts.length === 0) return async () => await removeByContainer(scene);
  if (!namespaces.deletesAside) return async () => await namespaces.deleteLinks(hosts);
  const deletion = namespaces.deleteLinks(hosts);
  deletion.catch(() => undefined); // the completion reports it
  return async () => await deletion;
}

/**
 * The host's end that carries the attachment's mark, found by its names. A name that is free now may
 * have been taken at the time of the ADD, so the later ones are looked for all the same.
 */
export function ownHostLinks(namespaces: Namespaces, owner: Attachment): link.Link[] {
  const mark = ownerComment(owner);
  for (const name of linkNames("veth", owner)) {
    const host = namespaces.hostLinks.get({ name });
    if (host?.alias === mark) return [host];
  }
  return [];
}

/** For a plan: the links of which `removePair` would remove one, and with it the other. */
export function foundPair(scene: Scene): Finding[] {
  const hosts = ownHostLinks(scene.namespaces, scene.owner);
  if (hosts.length > 0) return hosts.map((host) => removed(hostText(host)));
  const pair = pairInside(scene);
  if (pair === undefined) return [];
  const { own, host } = pair;
  return [removed(host === undefined ? `link ${own.name} in the container` : hostText(host))];
}

/** For a plan: the host's ends that `removePair` would remove. */
export function goingHostLinks(scene: Scene): link.Link[] {
  const hosts = ownHostLinks(scene.namespaces, scene.owner);
  if (hosts.length > 0) return hosts;
  const host = pairInside(scene)?.host;
  return host === undefined ? [] : [host];
}

/** A pair by its host's end. */
export function hostText({ name }: link.Link): string {
  return `link ${name} on the host, with its other end`;
}

/** With one end goes the other: the container is asked where no end was found on the host. */
async function removeByContainer(scene: Scene): Promise<void> {
  const { namespaces } = scene;
  const pair = pairInside(scene);
  if (pair === undefined) return;
  const { own, host } = pair;
  if (host !== undefined && namespaces.deletesAside) await namespaces.deleteLinks([host.index]);
  else await namespaces.deleteLinkInside(own.index);
}

/** The attachment's pair by its container's end; undefined where nothing there is the attachment's. */
function pairInside({ ctx, namespaces, owner }: Scene): Pair | undefined {
  const { netns } = namespaces;
  if (netns === undefined) return undefined;
  const own = namespaces.containerLinks.get({ name: owner.ifName });
  if (own?.kind !== "veth") return undefined;
  const host = link.peerOf(namespaces.host, own, netns);
  const isOwn = netnsOfAdd(ctx, owner) !== undefined || mayBeOf({ ctx, owner }, host);
  return isOwn ? { own, host } : undefined;
}

interface Pair {
  readonly own: link.Link;
  /** Undefined where it is not on the host. */
  readonly host: link.Link | undefined;
}

/**
 * Whether a pair can be one that another implementation made for the attachment. What stands on the
 * host's side is out of the container's reach: a mark there is another attachment's, and a result of
 * the ADD lists the name of the host's end. An end that is not on the host tells nothing.
 */
function mayBeOf(
  { ctx, owner }: Pick<Scene, "ctx" | "owner">,
  host: link.Link | undefined,
): boolean {
  if (host === undefined) return true;
  if (host.alias !== undefined && host.alias !== ownerComment(owner)) return false;
  const listed = (ctx.prevResult?.interfaces ?? []).filter(({ sandbox = "" }) => sandbox === "");
  return listed.length === 0 || listed.some(({ name }) => name === host.name);
}
