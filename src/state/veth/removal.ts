import { link, netnsIdOf } from "../../kernel/route/index.ts";
import type { Attachment } from "../../spec/index.ts";
import type { Namespaces } from "../namespaces/index.ts";
import { ownerComment } from "../owner/index.ts";
import type { Step } from "../step.ts";
import { hostVethName, NAME_ATTEMPTS } from "./name.ts";

/**
 * A veth pair on its way out, also one that another implementation has made. To delete it takes the
 * kernel long. So where somebody else waits for the kernel, the deletion is asked for early, all
 * else of the attachment is taken away meanwhile, and the end of the deletion is awaited last.
 */
export class VethRemoval {
  readonly #namespaces: Namespaces;
  readonly #owner: Attachment;
  #hostLinks: readonly link.Link[] | undefined;
  #deletion: Promise<void> | undefined;

  constructor(namespaces: Namespaces, owner: Attachment) {
    this.#namespaces = namespaces;
    this.#owner = owner;
  }

  /** The host's ends of the pair, found by the attachment's identity. */
  hostLinks(): readonly link.Link[] {
    this.#hostLinks ??= ownHostLinks(this.#namespaces, this.#owner);
    return this.#hostLinks;
  }

  /** Asks for the deletion, where this process goes on meanwhile. */
  readonly asked: Step = undoing("veth pair, asked to go", () => {
    if (!this.#namespaces.deletesAside || this.hostLinks().length === 0) return;
    this.#deletion = this.#deleteByHost();
    this.#deletion.catch(() => undefined); // for whoever awaits it
  });

  /** The pair is gone. */
  readonly gone: Step = undoing("veth pair", async () => {
    await (this.#deletion ?? this.#deleteByHost());
    // With the one end goes the other: the container is asked where no end was found on the host.
    if (this.hostLinks().length === 0) await this.#deleteByContainer();
  });

  async #deleteByHost(): Promise<void> {
    await this.#namespaces.deleteLinks(this.hostLinks().map(({ index }) => index));
  }

  async #deleteByContainer(): Promise<void> {
    if (this.#namespaces.netns === undefined) return;
    const own = this.#namespaces.containerLinks.get({ name: this.#owner.ifName });
    if (own?.kind !== "veth") return;
    const host = this.#namespaces.deletesAside ? hostEndOf(this.#namespaces, own) : undefined;
    if (host !== undefined) return await this.#namespaces.deleteLinks([host]);
    await this.#namespaces.deleteLinkInside(own.index);
  }
}

/** The host's ends that carry the attachment's mark, found by their names. */
export function ownHostLinks(namespaces: Namespaces, owner: Attachment): link.Link[] {
  const mark = ownerComment(owner);
  for (let attempt = 0; attempt < NAME_ATTEMPTS; attempt++) {
    const host = namespaces.hostLinks.get({ name: hostVethName(owner, attempt) });
    if (host === undefined) return [];
    if (host.alias === mark) return [host];
  }
  return [];
}

/**
 * Index of the other end of a container's veth, which another implementation may have made; undefined
 * when that is not on the host. Two indexes prove nothing: a pair between others can have the same.
 */
function hostEndOf(
  { host, netns }: Namespaces,
  { index, linkIndex }: link.Link,
): number | undefined {
  if (netns === undefined || linkIndex === undefined) return undefined;
  const found = link.get(host, { index: linkIndex });
  const isPair = found?.kind === "veth" && found.linkIndex === index;
  if (!isPair || found.linkNetnsId === undefined) return undefined;
  return found.linkNetnsId === netnsIdOf(host, netns) ? linkIndex : undefined;
}

/** A step of a DEL. */
function undoing(name: string, undo: () => void | Promise<void>): Step {
  return { name, describe: () => name, apply: () => undefined, check: () => undefined, undo };
}
