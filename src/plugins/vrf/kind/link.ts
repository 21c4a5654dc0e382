import { defined } from "../../../base/index.ts";
import { type link, route, rule } from "../../../kernel/route/index.ts";
import { Errno, isKernelError } from "../../../kernel/sys/index.ts";
import { CniError, ErrorCode } from "../../../spec/index.ts";
import { afterCleanup, differs, type Revert, type Step } from "../../../state/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import { takeTable, usedTables } from "../../../state/routes/index.ts";
import { randomMac } from "../../../state/veth/index.ts";

/** The VRF that interfaces of a container may share. */
export interface VrfLink {
  readonly namespaces: Namespaces;
  /** For DEL "" where the configuration does not tell. */
  readonly name: string;
  /** Routing table; 0 takes the first that is free, or that of a VRF that is there. */
  readonly table: number;
}

/** A VRF as the kernel has it. */
export interface Vrf {
  readonly index: number;
  readonly name: string;
  readonly table: number;
}

const FIRST_TABLE = 1;

/**
 * The VRF in the container, up. The first of its interfaces makes it, the last one takes it along.
 * Who applies or undoes it holds the lock on the namespace.
 */
export class VrfStep implements Step {
  readonly name = "VRF";
  readonly #vrf: VrfLink;

  constructor(vrf: VrfLink) {
    this.#vrf = vrf;
  }

  describe(): string {
    const { name, table } = this.#vrf;
    return `${name} in the container, up, with ${table === 0 ? "a free table" : `table ${table}`}`;
  }

  apply(): Revert | undefined {
    const { namespaces, name, table } = this.#vrf;
    const before = namespaces.containerLinks.get({ name });
    if (before !== undefined) return this.#adopt(before);
    // By its address the VRF is known as ours when the kernel's answer is lost.
    const mac = randomMac().toString();
    const revert = (): void => {
      const made = namespaces.containerLinks.get({ name });
      if (made?.address === mac && isEmpty(namespaces, made.index)) {
        namespaces.containerLinks.delete(made.index);
      }
    };
    try {
      this.#create(mac, table === 0 ? freeTable(namespaces) : table);
      return revert;
    } catch (error) {
      throw afterCleanup(error, revert);
    }
  }

  check(): void {
    const { name, table, namespaces } = this.#vrf;
    const found = namespaces.containerLinks.get({ name });
    if (found === undefined) throw differs(`VRF ${name} is missing in the container`);
    const actual = vrfOf(found);
    if (actual === undefined) throw differs(`${name} is no VRF but ${found.kind ?? "a device"}`);
    if (!found.up) throw differs(`VRF ${name} is down`);
    if (table !== 0 && actual.table !== table) {
      throw differs(`VRF ${name} has table ${actual.table}, not ${table}`);
    }
  }

  /** It stays as long as it has interfaces. */
  async undo(): Promise<void> {
    const { namespaces, name } = this.#vrf;
    if (namespaces.netns === undefined || name === "") return;
    const found = namespaces.containerLinks.get({ name });
    if (found?.kind === "vrf") await deleteEmptyVrf(namespaces, found.index);
  }

  /** The VRF, which has to be there. */
  vrf(): Vrf {
    const { namespaces, name } = this.#vrf;
    const found = namespaces.containerLinks.get({ name });
    const vrf = found === undefined ? undefined : vrfOf(found);
    if (vrf === undefined) throw differs(`VRF ${name} is missing in the container`);
    return vrf;
  }

  #adopt(before: link.Link): Revert | undefined {
    const { namespaces, name, table } = this.#vrf;
    const vrf = vrfOf(before);
    if (vrf === undefined) {
      const kind = before.kind ?? "device";
      throw invalid(`Netlink ${name} is not a VRF`, `"vrfname" is the name of a ${kind}`);
    }
    if (table !== 0 && vrf.table !== table) {
      throw invalid(`VRF ${name} already exist with different routing table ${vrf.table}`);
    }
    if (before.up) return undefined;
    namespaces.containerLinks.set(before.index, { up: true });
    return () => namespaces.containerLinks.set(before.index, { up: false });
  }

  #create(mac: string, table: number): void {
    const { namespaces, name } = this.#vrf;
    try {
      namespaces.containerLinks.add({ name, kind: "vrf", vrf: { table }, address: mac, up: true });
    } catch (error) {
      if (!isKernelError(error, Errno.EOPNOTSUPP)) throw error;
      throw noVrf(ErrorCode.IO_FAILURE, error);
    }
  }
}

/**
 * Whether the kernel can make VRFs at all: it is asked for one without a table, which it refuses
 * for another reason then. Loads the kernel's module where it is one.
 * @throws CniError of code 50
 */
export function checkVrfKernel(namespaces: Namespaces): void {
  try {
    namespaces.hostLinks.add({ name: "hawser-vrf", kind: "vrf" });
  } catch (error) {
    if (isKernelError(error, Errno.EINVAL)) return;
    throw noVrf(ErrorCode.PLUGIN_NOT_AVAILABLE, error);
  }
}

/** Deletes a VRF that no link is in; fine when it is gone. */
export async function deleteEmptyVrf(namespaces: Namespaces, index: number): Promise<void> {
  if (isEmpty(namespaces, index)) await namespaces.deleteLinkInside(index);
}

function isEmpty(namespaces: Namespaces, index: number): boolean {
  return namespaces.containerLinks.list({ master: index }).length === 0;
}

/** The link as a VRF; undefined when it is none. */
export function vrfOf({ kind, index, name, vrf }: link.Link): Vrf | undefined {
  return kind === "vrf" && vrf?.table !== undefined ? { index, name, table: vrf.table } : undefined;
}

function freeTable(namespaces: Namespaces): number {
  const used = usedTables(
    namespaces,
    route.list(namespaces.container),
    rule.list(namespaces.container),
  );
  return takeTable(used, FIRST_TABLE);
}

function noVrf(code: number, cause: unknown): CniError {
  return new CniError(code, "the kernel has no VRF devices", {
    details: "it needs CONFIG_NET_VRF, or its module vrf",
    cause,
  });
}

function invalid(msg: string, details?: string): CniError {
  const more = defined({ details });
  return new CniError(ErrorCode.INVALID_NETWORK_CONFIG, msg, more);
}
