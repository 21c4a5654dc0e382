import type { Netns } from "../kernel/netns/index.ts";
import { link, type RouteSocket } from "../kernel/route/index.ts";
import { Errno, isKernelError } from "../kernel/sys/index.ts";
import type { DeviceStep } from "./device.ts";
import { deviceMark } from "./names.ts";
import { setDevice } from "./settings.ts";
import type { WantedOverlay } from "./wanted.ts";

/** Where a device is made, and what counts what was done. */
export interface Workplace {
  readonly socket: RouteSocket;
  readonly netns: Netns | undefined;
  /** Something of the kernel was changed, so many times. */
  readonly changed: (count: number) => void;
  /** Gives a WireGuard device its key, its port and its peers, before it is brought up. */
  readonly configure: (index: number) => void;
}

/** Why the device is not there; its addresses and routes cannot come either. */
export class DeviceTrouble extends Error {}

/**
 * Has the device be there, up; gives its index.
 * @throws DeviceTrouble
 */
export function makeDevice(
  workplace: Workplace,
  wanted: WantedOverlay,
  step: Extract<DeviceStep, { readonly step: "keep" | "make" | "remake" }>,
): number {
  const { socket, netns, changed } = workplace;
  if (step.step === "keep") {
    const { found, change = {} } = step;
    const mark = deviceMark(wanted.network);
    const alias = found.alias === mark ? {} : { alias: mark };
    changed(setDevice(found.name, netns));
    workplace.configure(found.index);
    const whole = { ...change, ...alias };
    if (Object.keys(whole).length > 0) setLink(workplace, wanted, found.index, whole);
    return found.index;
  }
  if (step.step === "remake") {
    link.delete(socket, step.found.index);
    changed(1);
  }
  const index = make(workplace, wanted, step.spec);
  changed(1);
  // Marked before it is up: what is up and has no mark is another program's.
  link.set(socket, index, { alias: deviceMark(wanted.network) });
  changed(1 + setDevice(step.spec.name, netns));
  workplace.configure(index);
  setLink(workplace, wanted, index, { up: true });
  return index;
}

function make({ socket }: Workplace, wanted: WantedOverlay, spec: link.LinkSpec): number {
  try {
    return link.add(socket, spec);
  } catch (error) {
    if (isKernelError(error, Errno.EOPNOTSUPP)) {
      throw new DeviceTrouble(`this kernel has no links of kind ${spec.kind}`);
    }
    const other = isKernelError(error, Errno.EEXIST) ? sameVni(socket, wanted) : undefined;
    if (other === undefined) throw error;
    throw new DeviceTrouble(
      `the VXLAN device ${other.name} has VNI ${wanted.vni} at UDP port ${wanted.port} already: ` +
        "give the network another VNI",
    );
  }
}

function setLink(
  { socket, changed }: Workplace,
  { port, kind }: WantedOverlay,
  index: number,
  change: link.LinkChange,
): void {
  try {
    link.set(socket, index, change);
    changed(1);
  } catch (error) {
    if (!isKernelError(error, Errno.EADDRINUSE)) throw error;
    throw new DeviceTrouble(
      `UDP port ${port}, which ${kind} needs, is in use by another program: give the network another port`,
    );
  }
}

function sameVni(socket: RouteSocket, { vni, port }: WantedOverlay): link.Link | undefined {
  const where = ({ vxlan }: link.Link): boolean => vxlan?.id === vni && vxlan.port === port;
  return link.list(socket, { kind: "vxlan", where })[0];
}
