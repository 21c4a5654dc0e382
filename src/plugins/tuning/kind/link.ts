import { Mac } from "../../../addr/index.ts";
import { errorText } from "../../../base/index.ts";
import { link } from "../../../kernel/route/index.ts";
import { Errno, isKernelError } from "../../../kernel/sys/index.ts";
import { type Attachment, CniError, ErrorCode } from "../../../spec/index.ts";
import { differs, type Revert } from "../../../state/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import type { Backup } from "./backup.ts";
import type { Tuned } from "./backup-step.ts";
import type { Before, Originals } from "./content.ts";

/** What the container's interface should have; what is absent stays as it is. */
export interface Attributes {
  readonly mac?: Mac | undefined;
  /** In bytes. */
  readonly mtu?: number | undefined;
  readonly promisc?: boolean | undefined;
  readonly allmulti?: boolean | undefined;
  /** Length of the transmit queue, in packets. */
  readonly txQLen?: number | undefined;
}

/** What the step works on. */
export interface LinkAttributes {
  readonly namespaces: Namespaces;
  readonly owner: Attachment;
  readonly backup: Backup;
  /** None for DEL, which goes by the backup. */
  readonly attributes: Attributes;
  /** Told what DEL could not restore. */
  readonly log: (text: string) => void;
}

/** Attributes of the interface. Those it had are backed up before the first one is changed. */
export class LinkAttributesStep implements Tuned {
  readonly name = "link attributes";
  readonly #settings: LinkAttributes;
  #found: link.Link | undefined;

  constructor(settings: LinkAttributes) {
    this.#settings = settings;
  }

  describe(): string {
    const { owner, attributes } = this.#settings;
    const changes = changesOf(attributes).map(({ label, wanted }) => `${label} ${wanted}`);
    return `${owner.ifName} gets ${changes.join(", ")}`;
  }

  before(): Partial<Before> {
    const current = this.#link();
    this.#found = current;
    return {
      attributes: originalsOf(current, this.#settings.attributes),
      index: current.index,
    };
  }

  apply(): Revert {
    const { namespaces, owner, backup, attributes } = this.#settings;
    const current = this.#found ?? this.#link();
    const originals = backup.now.attributes;
    const revert = (): void => {
      const failures = restore(namespaces, owner.ifName, originals);
      if (failures.length > 0) throw new CniError(ErrorCode.IO_FAILURE, failures.join("; "));
    };
    try {
      for (const change of changesOf(attributes)) set(namespaces, current, change);
    } catch (error) {
      revert();
      throw error;
    }
    return revert;
  }

  check(): void {
    const { attributes, owner } = this.#settings;
    const { mac, mtu, promisc, allmulti, txQLen } = attributes;
    const current = this.#link();
    const compare = <T extends string | number | boolean>(
      what: string,
      wanted: T | undefined,
      found: T | undefined,
    ): void => {
      if (wanted === undefined || wanted === found) return;
      throw differs(`${what} of ${owner.ifName} is ${String(found)}, should be ${String(wanted)}`);
    };
    compare("MAC", mac?.toString(), current.address);
    compare("MTU", mtu, current.mtu);
    compare("promiscuous mode", promisc, current.promiscuity > 0);
    compare("all-multicast mode", allmulti, hasFlag(current, link.IFF_ALLMULTI));
    compare("transmit queue length", txQLen, current.txqlen);
  }

  /** Restores what the backup has. Where that cannot be done it is told, and no reason to fail. */
  undo(): void {
    const { namespaces, owner, backup, log } = this.#settings;
    const originals = backup.restorable()?.attributes;
    if (originals === undefined) return;
    for (const failure of restore(namespaces, owner.ifName, originals)) log(`tuning: ${failure}`);
  }

  /** The interface as the kernel has it. */
  #link(): link.Link {
    const { namespaces, owner } = this.#settings;
    const found = namespaces.containerLinks.get({ name: owner.ifName });
    if (found !== undefined) return found;
    throw new CniError(
      ErrorCode.INVALID_ENVIRONMENT_VARIABLES,
      `failed to get ${JSON.stringify(owner.ifName)}: it is missing in the container`,
      { details: "CNI_IFNAME must name an interface that a plugin before this one has made" },
    );
  }
}

/** One attribute on its way to the kernel. */
interface Change {
  readonly label: string;
  readonly wanted: string;
  readonly change: link.LinkChange;
}

/** In the order of the reference plugin. */
function changesOf({ mac, promisc, mtu, allmulti, txQLen }: Attributes): Change[] {
  const changes: Change[] = [];
  const add = (label: string, wanted: string, change: link.LinkChange): void => {
    changes.push({ label, wanted, change });
  };
  if (mac !== undefined) add("MAC", mac.toString(), { address: mac.toString() });
  if (promisc !== undefined) add("promiscuous mode", onOff(promisc), { promisc });
  if (mtu !== undefined) add("MTU", String(mtu), { mtu });
  if (allmulti !== undefined) add("all-multicast mode", onOff(allmulti), { allmulti });
  if (txQLen !== undefined) add("transmit queue length", String(txQLen), { txqlen: txQLen });
  return changes;
}

function onOff(value: boolean): string {
  return value ? "on" : "off";
}

function set(namespaces: Namespaces, current: link.Link, { label, wanted, change }: Change): void {
  try {
    namespaces.containerLinks.set(current.index, change);
  } catch (cause) {
    const reason = errorText(cause);
    const isConfig = isKernelError(
      cause,
      ...[Errno.EINVAL, Errno.ERANGE, Errno.EADDRNOTAVAIL, Errno.EOPNOTSUPP],
    );
    throw new CniError(
      isConfig ? ErrorCode.INVALID_NETWORK_CONFIG : ErrorCode.IO_FAILURE,
      `failed to set ${label} of ${current.name} to ${wanted}: ${reason}`,
      { cause },
    );
  }
}

function originalsOf(current: link.Link, changed: Attributes): Originals {
  const { mac, promisc, mtu, allmulti, txQLen } = changed;
  return {
    ...(mac === undefined || current.address === undefined ? {} : { mac: current.address }),
    ...(promisc === undefined ? {} : { promisc: hasFlag(current, link.IFF_PROMISC) }),
    ...(mtu === undefined ? {} : { mtu: current.mtu }),
    ...(allmulti === undefined ? {} : { allmulti: hasFlag(current, link.IFF_ALLMULTI) }),
    ...(txQLen === undefined ? {} : { txQLen: current.txqlen }),
  };
}

/** Gives what failed. An interface that is gone took its attributes along. */
function restore(namespaces: Namespaces, ifName: string, originals: Originals): string[] {
  const current = namespaces.containerLinks.get({ name: ifName });
  if (current === undefined) return [];
  const { mac, ...rest } = originals;
  const parsed = mac === undefined ? undefined : parseMac(mac);
  const failures: string[] = mac !== undefined && parsed === undefined ? [`no MAC: ${mac}`] : [];
  for (const change of changesOf({ ...rest, mac: parsed })) {
    try {
      set(namespaces, current, change);
    } catch (error) {
      failures.push(`cannot restore: ${errorText(error)}`);
    }
  }
  return failures;
}

function parseMac(text: string): Mac | undefined {
  try {
    return Mac.parse(text);
  } catch {
    return undefined;
  }
}

function hasFlag({ flags }: link.Link, flag: number): boolean {
  return (flags & flag) !== 0;
}
