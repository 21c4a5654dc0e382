import type { link } from "../../../kernel/route/index.ts";
import type { Scene } from "../../../state/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import { type DeviceHints, hintsOf } from "./hints.ts";
import { type DeviceRecord, deviceRecords, permanentMacOf } from "./record.ts";
import { type Where, withSysfsIds } from "./sysfs-id.ts";

/** A device that is to return to the host, and what it is called there. */
export interface DeviceToReturn {
  readonly found: link.Link;
  readonly hostName: string;
  /** What its alias had said before. */
  readonly alias: string;
  /** The alternative names that it had on the host; undefined when they are not known. */
  readonly altNames: readonly string[] | undefined;
}

/** The recorded device, under whatever name, in one of the namespaces. */
export function findRecorded(
  namespaces: Namespaces,
  where: Where,
  record: DeviceRecord,
): DeviceToReturn | undefined {
  const links = where === "host" ? namespaces.hostLinks : namespaces.containerLinks;
  const candidates = links.list().filter(({ kind }) => (kind ?? "") === record.kind);
  const { sysfsId, hostName, alias, altNames } = record;
  const seen =
    sysfsId === "" || candidates.length === 0
      ? undefined
      : withSysfsIds(namespaces, where, (idOf) =>
          candidates.find((each) => idOf(each) === sysfsId),
        );
  const found =
    seen === undefined ? candidates.find((each) => hasTraits(each, where, record)) : seen.answer;
  return found && { found, hostName, alias, altNames };
}

/**
 * Whether a link can be the recorded one, where sysfs does not tell: its burnt-in address decides.
 * A link without one must agree in all that was recorded, and lead out of the container: a veth pair
 * that was made inside does not.
 */
function hasTraits(of: link.Link, where: Where, record: DeviceRecord): boolean {
  if (record.permanentMac !== "") return permanentMacOf(of) === record.permanentMac;
  const isNamed = of.alias === record.hostName || (where === "host" && of.name === record.hostName);
  const isSame = of.address === record.mac && (of.linkIndex ?? 0) === record.linkIndex;
  return isNamed && isSame && (where === "host" || leadsOut(of));
}

/** Of a link in a container: whether it is hardware, or its other end is in another namespace. */
function leadsOut({ kind, linkNetnsId }: link.Link): boolean {
  return kind === undefined || linkNetnsId !== undefined;
}

/**
 * A device without a record, as the Go plugin leaves it, in its container: its alias is its name on
 * the host. A container can write one, too, so the caller must name the device, which must be missing
 * on the host, and the link must lead out of the container.
 */
export function findUnrecorded(scene: Scene): DeviceToReturn | undefined {
  const { ctx, namespaces, owner } = scene;
  const hints = hintsOf(ctx);
  if (isOnHost(namespaces, hints)) return undefined;
  const own = namespaces.containerLinks
    .list()
    .filter((each) => leadsOut(each) && isHinted(each, hints));
  const free = withoutRecorded(scene, "container", own);
  const found = free.find(({ name }) => name === owner.ifName) ?? free[0];
  return found && { found, hostName: found.alias ?? "", alias: "", altNames: undefined };
}

/** As `findUnrecorded`, on the host, where the end of its namespace has left it. */
export function findUnrecordedOnHost(scene: Scene): DeviceToReturn | undefined {
  const { ctx, namespaces, owner } = scene;
  const hints = hintsOf(ctx);
  const { device } = hints;
  if (device !== "" && namespaces.hostLinks.get({ name: device }) !== undefined) return undefined;
  const left = namespaces.hostLinks
    .list()
    .filter(
      (each) =>
        (each.name === owner.ifName || /^dev\d+$/u.test(each.name)) &&
        each.alias !== each.name &&
        isHinted(each, hints),
    );
  const [found] = withoutRecorded(scene, "host", left);
  return found && { found, hostName: found.alias ?? "", alias: "", altNames: undefined };
}

/** Leaves out the devices that other attachments have. */
function withoutRecorded(scene: Scene, where: Where, links: readonly link.Link[]): link.Link[] {
  if (links.length === 0) return [];
  const others = deviceRecords(scene.ctx)
    .all()
    .map(({ record }) => findRecorded(scene.namespaces, where, record)?.found.index);
  return links.filter(({ index }) => !others.includes(index));
}

function isOnHost({ hostLinks }: Namespaces, { device, macs }: DeviceHints): boolean {
  if (device !== "") return hostLinks.get({ name: device }) !== undefined;
  if (macs.length === 0) return false;
  return hostLinks.list().some(({ address = "" }) => macs.includes(address));
}

/** A device that the configuration names must be that one; otherwise its MAC tells. */
function isHinted({ alias, address = "" }: link.Link, { device, macs }: DeviceHints): boolean {
  if (!isName(alias)) return false;
  return device === "" ? macs.includes(address) : alias === device;
}

/** Whether an alias can be the name of a link; a container can write anything into it. */
export function isName(alias: string | undefined): alias is string {
  return alias !== undefined && /^(?!\.{1,2}$)[^/:\s\0%]{1,15}$/u.test(alias) && alias !== "all";
}
