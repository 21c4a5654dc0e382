import { type link, route, rule } from "../../../kernel/route/index.ts";
import { Errno, isKernelError } from "../../../kernel/sys/index.ts";
import { CniError, ErrorCode, invalidConfig } from "../../../spec/index.ts";
import {
  changed,
  differs,
  type Kind,
  kept,
  made,
  type Piece,
  type Rollback,
  removed,
  type Scene,
  type Standing,
  stays,
} from "../../../state/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import { isOfAnother, takeTable, usedTables } from "../../../state/routes/index.ts";
import { randomMac } from "../../../state/veth/index.ts";
import { parseName, type VrfConfig } from "../config.ts";

/** A VRF as the kernel has it. */
export interface Vrf {
  readonly index: number;
  readonly name: string;
  readonly table: number;
}

const FIRST_TABLE = 1;

/**
 * The VRF in the container, up, which interfaces of the container may share: the first makes it, the
 * last one takes it along. ADD and DEL hold the lock on the namespace.
 */
export const vrfLink: Kind<VrfConfig, VrfLink> = {
  name: "VRF",
  want: ({ namespaces }, wanted) => new VrfLink(namespaces, wanted),
  /** The VRF stays as long as it has interfaces. */
  async undo(scene) {
    const vrf = namedVrf(scene);
    if (vrf !== undefined) await deleteEmptyVrf(scene.namespaces, vrf.index);
  },
  found(scene) {
    const vrf = namedVrf(scene);
    if (vrf === undefined || !isEmpty(scene.namespaces, vrf.index, scene.owner.ifName)) return [];
    return [removed(`VRF ${vrf.name} in the container`)];
  },
};

/** The VRF that the configuration names, where it can be the attachment's. */
function namedVrf({ ctx, owner, namespaces }: Scene): link.Link | undefined {
  const name = parseName(ctx);
  if (namespaces.netns === undefined || name === "") return undefined;
  const own = namespaces.containerLinks.get({ name: owner.ifName });
  if (own !== undefined && isOfAnother(namespaces, own, owner)) return undefined;
  const found = namespaces.containerLinks.get({ name });
  return found?.kind === "vrf" ? found : undefined;
}

export class VrfLink implements Piece {
  readonly name: string = vrfLink.name;
  readonly #namespaces: Namespaces;
  readonly #wanted: VrfConfig;

  constructor(namespaces: Namespaces, wanted: VrfConfig) {
    this.#namespaces = namespaces;
    this.#wanted = wanted;
  }

  describe(): string {
    const { name, table } = this.#wanted;
    return `${name} in the container, up, with ${table === 0 ? "a free table" : `table ${table}`}`;
  }

  compare(): Standing {
    const { name } = this.#wanted;
    const before = this.#namespaces.containerLinks.get({ name });
    if (before === undefined) return made();
    this.#judge(before);
    return before.up ? stays("it exists") : changed("it exists, and is down");
  }

  apply(rollback: Rollback): void {
    const namespaces = this.#namespaces;
    const { name, table } = this.#wanted;
    const before = namespaces.containerLinks.get({ name });
    if (before !== undefined) {
      this.#adopt(before, rollback);
      return;
    }
    // By its address the VRF is known as ours when the kernel's answer is lost.
    const mac = randomMac().toString();
    rollback.defer(() => {
      const made = namespaces.containerLinks.get({ name });
      if (made?.address === mac && isEmpty(namespaces, made.index)) {
        namespaces.containerLinks.delete(made.index);
      }
    });
    this.#create(mac, table === 0 ? freeTable(namespaces) : table);
  }

  restore(): void {
    this.apply(kept);
  }

  check(): void {
    const { name, table } = this.#wanted;
    const found = this.#namespaces.containerLinks.get({ name });
    if (found === undefined) throw differs(`VRF ${name} is missing in the container`);
    const actual = vrfOf(found);
    if (actual === undefined) throw differs(`${name} is no VRF but ${found.kind ?? "a device"}`);
    if (!found.up) throw differs(`VRF ${name} is down`);
    if (table !== 0 && actual.table !== table) {
      throw differs(`VRF ${name} has table ${actual.table}, not ${table}`);
    }
  }

  /** @throws CniError of code 50 where the kernel cannot make VRFs at all. */
  ready(): void {
    checkVrfKernel(this.#namespaces);
  }

  /** The VRF, which has to be there. */
  vrf(): Vrf {
    const { name } = this.#wanted;
    const found = this.#namespaces.containerLinks.get({ name });
    const vrf = found === undefined ? undefined : vrfOf(found);
    if (vrf === undefined) throw differs(`VRF ${name} is missing in the container`);
    return vrf;
  }

  /** @throws CniError for a link that is no VRF, or has another table */
  #judge(before: link.Link): void {
    const { name, table } = this.#wanted;
    const vrf = vrfOf(before);
    if (vrf === undefined) {
      const kind = before.kind ?? "device";
      throw invalidConfig(`Netlink ${name} is not a VRF`, `"vrfname" is the name of a ${kind}`);
    }
    if (table !== 0 && vrf.table !== table) {
      throw invalidConfig(`VRF ${name} already exist with different routing table ${vrf.table}`);
    }
  }

  #adopt(before: link.Link, rollback: Rollback): void {
    const { containerLinks } = this.#namespaces;
    this.#judge(before);
    if (before.up) return;
    rollback.defer(() => containerLinks.set(before.index, { up: false }));
    containerLinks.set(before.index, { up: true });
  }

  #create(mac: string, table: number): void {
    const { name } = this.#wanted;
    const spec = { name, kind: "vrf", vrf: { table }, address: mac, up: true };
    try {
      this.#namespaces.containerLinks.add(spec);
    } catch (error) {
      if (!isKernelError(error, Errno.EOPNOTSUPP)) throw error;
      throw noVrf(ErrorCode.IO_FAILURE, error);
    }
  }
}

/**
 * A kernel that has VRFs is asked for one without a table, and refuses that for another reason.
 * Loads the kernel's module where it is one.
 */
function checkVrfKernel(namespaces: Namespaces): void {
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

/** @param leaving the name of an interface that does not count */
function isEmpty(namespaces: Namespaces, index: number, leaving?: string): boolean {
  return namespaces.containerLinks.list({ master: index }).every(({ name }) => name === leaving);
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
