import * as v from "valibot";
import { Mac } from "../../addr/index.ts";
import { type Context, decode, type Rule, rule, runtimeConfig, says } from "../../plugin/index.ts";
import {
  acceptRA,
  configuredDns,
  invalidConfig,
  optionalDns,
  optionalIpam,
} from "../../state/config/index.ts";
import type { LinkConfig } from "../../state/link-plugin/index.ts";
import {
  type DeviceName,
  deviceOfAuxiliary,
  deviceOfMac,
  deviceOfName,
  deviceOfPath,
  deviceOfPci,
  HostNetwork,
} from "./kind/index.ts";
import { busDevice, checkSegment, hasDriver, kernelPath, usesUserspaceDriver } from "./sysfs.ts";

const text = v.optional(v.string(), "");

function segment(key: string): Rule<string> {
  return rule({ pattern: String.raw`^$|^(?!\.+$)[A-Za-z0-9_.:-]{1,255}$` }, (id) => {
    if (id !== "") checkSegment(key, id);
  });
}

const keys = v.object({
  device: v.pipe(
    text,
    says({ pattern: String.raw`^[^/\s\0]{0,127}$` }),
    v.description("Name of the device on the host; comes before all others."),
  ),
  hwaddr: v.pipe(
    text,
    says({ $ref: "#/$defs/hardwareAddress" }),
    v.description("Hardware address of the device."),
  ),
  kernelpath: v.pipe(
    text,
    says({ pattern: String.raw`^$|^/+sys/+devices/+[^\0]*$` }),
    v.description("Path of the device in the kernel's tree, below /sys/devices/."),
  ),
  pciBusID: v.pipe(
    text,
    segment("pciBusID"),
    v.description("Address of the PCI device, as 0000:00:1f.6."),
  ),
  DPDKMode: v.pipe(
    v.optional(v.boolean(), false),
    v.description(
      "The device is driven by a program of the container: nothing is moved or configured. " +
        "Of a PCI device its driver decides.",
    ),
  ),
  useInterfaceNetwork: v.pipe(
    v.optional(v.boolean(), false),
    v.description(
      "The container gets the addresses, routes and rules that the device has. " +
        "An error for a device that a program of the container drives.",
    ),
  ),
  acceptRA,
  ipam: optionalIpam,
  dns: optionalDns,
  runtimeConfig: v.pipe(
    v.optional(
      v.object({
        deviceID: v.pipe(
          text,
          segment("runtimeConfig.deviceID"),
          v.description("The PCI device or device of the auxiliary bus that was set aside."),
        ),
      }),
      {},
    ),
    v.description("Filled in by the runtime, when capability `deviceID` is declared."),
  ),
});

/** The keys of a network configuration. */
export const schema: v.GenericSchema = keys;

/** A configuration after every check; what ADD and CHECK work with. */
export interface HostDeviceConfig extends LinkConfig {
  /** Which device; undefined when only a capability will tell (STATUS). */
  readonly device: DeviceName | undefined;
  /** Set with `unconfigured`: the device stays where it is. */
  readonly unconfigured: boolean;
  /** What the container shall have of the host's network; undefined when nothing. */
  readonly network: HostNetwork | undefined;
}

/**
 * Reads and judges the configuration.
 * @throws CniError of code 7 before anything is touched.
 */
export function parseConfig(ctx: Context): HostDeviceConfig {
  runtimeConfig(ctx); // the error for what is no object is the kit's own
  const parsed = decode(keys, ctx.config);
  const device = deviceName(parsed, parsed.runtimeConfig.deviceID);
  if (device === undefined && ctx.operation !== "STATUS") {
    throw invalidConfig(
      'specify either "device", "hwaddr", "kernelpath" or "pciBusID"',
      'or let the runtime name it by the capability "deviceID"',
    );
  }
  const isUserspace = device?.pci === "" ? parsed.DPDKMode : isDriven(ctx, device);
  if (isUserspace && parsed.useInterfaceNetwork) {
    throw invalidConfig(
      "useInterfaceNetwork is not supported for a device that a program of the container drives",
      "such a device has no link, and so no addresses, routes and rules: leave the key out",
    );
  }
  return {
    device,
    ipamType: parsed.ipam.type,
    dns: parsed.dns === undefined ? undefined : configuredDns(parsed.dns),
    unconfigured: isUserspace,
    detectDuplicates: true,
    network: parsed.useInterfaceNetwork ? new HostNetwork() : undefined,
    mayLackAddresses: parsed.useInterfaceNetwork,
    // With the network of the host, what a router advertises stays part of it.
    acceptRA: parsed.acceptRA ?? (parsed.useInterfaceNetwork ? true : undefined),
  };
}

/** STATUS asks of the device in its own way, which tells of one that is not there. */
function isDriven(ctx: Context, device: DeviceName | undefined): boolean {
  if (device === undefined) return false;
  if (ctx.operation === "STATUS" && !hasDriver(device.pci)) return false;
  return usesUserspaceDriver(device.pci);
}

function deviceName(parsed: v.InferOutput<typeof keys>, deviceId: string): DeviceName | undefined {
  const { device, hwaddr, kernelpath } = parsed;
  const bus = deviceId === "" ? undefined : busDevice(deviceId);
  const pci = bus === undefined ? parsed.pciBusID : bus.pci;
  const auxiliary = bus?.auxiliary ?? "";
  if (device !== "") return deviceOfName(device, pci);
  if (hwaddr !== "") return deviceOfMac(parseMac(hwaddr), pci);
  if (kernelpath !== "") return deviceOfPath(kernelPath(kernelpath), pci);
  if (pci !== "") return deviceOfPci(pci);
  return auxiliary === "" ? undefined : deviceOfAuxiliary(auxiliary);
}

function parseMac(text: string): string {
  const mac = Mac.tryParse(text);
  if (mac !== undefined) return mac.toString();
  throw invalidConfig(`failed to parse MAC address ${JSON.stringify(text)}: invalid MAC address`);
}
