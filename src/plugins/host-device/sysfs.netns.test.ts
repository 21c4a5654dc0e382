import { afterEach, describe, expect } from "bun:test";
import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { failOnLeakedDescriptors } from "../../../tests/support/descriptors.ts";
import { must } from "../../../tests/support/exec.ts";
import { DEVICE } from "../../../tests/support/host-lab.ts";
import { addressesOf, linkNames, linkOf } from "../../../tests/support/ip.ts";
import { needs } from "../../../tests/support/needs.ts";
import { ipam, type Keys } from "../../../tests/support/plugin-call.ts";
import { pluginLab } from "../../../tests/support/plugin-lab.ts";
import { plugin } from "./index.ts";

failOnLeakedDescriptors();

/** Devices found by their place on a bus, in a tree that is laid over the kernel's. */

const PCI = "0000:3b:00.1";
const SUBFUNCTION = "mlx5_core.sf.4";

afterEach(async () => {
  await must(["umount", "/sys/bus"]).catch(() => "");
});
const lab = pluginLab(plugin, { keys: { device: DEVICE }, device: "up" });
const { one } = lab;

/** Directories of a made-up /sys/bus, and links as `from -> to`. */
async function buses(...entries: string[]): Promise<void> {
  await must(["mount", "-t", "tmpfs", "buses", "/sys/bus"]);
  for (const entry of entries) {
    const [path = "", target] = entry.split(" -> ");
    const at = `/sys/bus/${path}`;
    mkdirSync(target === undefined ? at : at.slice(0, at.lastIndexOf("/")), { recursive: true });
    if (target !== undefined) symlinkSync(target, at);
  }
}

const DEVICES = `pci/devices/${PCI}`;
const DRIVERS = ["pci/drivers/mlx5_core", "pci/drivers/vfio-pci"];
const DRIVER = `${DEVICES}/driver -> ../../drivers/mlx5_core`;

describe("a PCI device", () => {
  needs("root")("is found by its address", async () => {
    await buses(...DRIVERS, DRIVER, `${DEVICES}/net/${DEVICE}`);
    await lab.must("ADD", { pciBusID: PCI });
    expect((await linkOf(one, "eth0")).ifalias).toBe(DEVICE);
  });

  needs("root")("behind virtio is found by its address", async () => {
    await buses(...DRIVERS, DRIVER, `${DEVICES}/virtio3/net/${DEVICE}`);
    await lab.must("ADD", { pciBusID: PCI });
    expect(await linkNames(one)).toEqual(["eth0"]);
  });

  needs("root")("of the runtime takes the place of the configuration's", async () => {
    await buses(...DRIVERS, DRIVER, `${DEVICES}/net/${DEVICE}`);
    const keys = { pciBusID: "0000:00:00.0", runtimeConfig: { deviceID: PCI } };
    await lab.must("ADD", keys);
    expect(await linkNames(one)).toEqual(["eth0"]);
    await lab.must("DEL", keys);
    expect(await linkNames(undefined)).toEqual([DEVICE]);
  });

  needs("root")("without a network device is named in the error", async () => {
    await buses(...DRIVERS, DRIVER);
    const { json } = await lab.call("ADD", { pciBusID: PCI });
    expect(json).toMatchObject({ code: 7 });
    expect(json.msg).toContain(`no net directory under pci device ${PCI}`);
  });

  needs("root")("that a container has is in use, says ADD, and STATUS is good", async () => {
    await buses(...DRIVERS, DRIVER, `${DEVICES}/net/${DEVICE}`);
    await lab.must("ADD", { pciBusID: PCI });
    rmSync(`/sys/bus/${DEVICES}/net/${DEVICE}`, { recursive: true });
    const two = await lab.host.container("two");
    const { json } = await lab.call("ADD", { pciBusID: PCI }, { container: two });
    expect(json).toMatchObject({ code: 11 });
    expect(json.msg).toContain("id-one");
    await lab.must("STATUS", { pciBusID: PCI }, { container: two });
    rmSync("/sys/bus/pci/devices", { recursive: true });
    await lab.must("DEL", { pciBusID: PCI });
    expect((await lab.call("STATUS", { pciBusID: PCI }, { container: two })).json).toMatchObject({
      code: 50,
    });
    expect(await linkNames(undefined)).toEqual([DEVICE]);
    await lab.host.remove(two);
  });

  needs("root")("without a driver is refused, as it always was", async () => {
    await buses(...DRIVERS, `${DEVICES}/net/${DEVICE}`);
    const { json } = await lab.call("ADD", { pciBusID: PCI });
    expect(json).toMatchObject({ code: 7 });
    expect(json.msg).toContain("error with host device");
    expect(json.msg).toContain("no driver");
  });
});

describe("a device of the auxiliary bus", () => {
  needs("root")("is found by the runtime's name for it, and comes home", async () => {
    await buses(`auxiliary/devices/${SUBFUNCTION}/net/${DEVICE}`);
    const keys = { pciBusID: "0000:00:00.0", runtimeConfig: { deviceID: SUBFUNCTION } };
    await lab.must("ADD", keys);
    expect((await linkOf(one, "eth0")).ifalias).toBe(DEVICE);
    await lab.must("DEL", keys);
    expect(await linkNames(undefined)).toEqual([DEVICE]);
  });

  needs("root")("that is on no bus is named in the error", async () => {
    await buses(`auxiliary/devices/${SUBFUNCTION}`);
    const call = (deviceID: string) => lab.call("ADD", { runtimeConfig: { deviceID } });
    expect((await call("other.sf.1")).json).toMatchObject({ code: 7 });
    expect((await call(SUBFUNCTION)).json.msg).toContain("no net directory");
  });
});

describe("a device for a program in user space", () => {
  const VFIO = [...DRIVERS, `${DEVICES}/driver -> ../../drivers/vfio-pci`];

  needs("root")("is left where it is: the result has its PCI address and no MAC", async () => {
    await buses(...VFIO);
    const keys = { pciBusID: PCI, ipam: ipam(4) };
    const result = await lab.must("ADD", keys);
    expect(result).toMatchObject({
      interfaces: [{ name: "eth0", sandbox: one.netns, pciID: PCI }],
      ips: [{ address: "10.1.0.2/16", interface: 0 }],
    });
    expect(result.interfaces?.[0]).not.toHaveProperty("mac");
    expect(await linkNames(one)).toEqual([]);
    expect(await linkNames(undefined)).toEqual([DEVICE]);
    await lab.must("CHECK", { ...keys, prevResult: result });
    await lab.must("DEL", { ...keys, prevResult: result });
  });

  needs("root")("is not told by the key where the driver says otherwise", async () => {
    await buses(...DRIVERS, DRIVER, `${DEVICES}/net/${DEVICE}`);
    await lab.must("ADD", { pciBusID: PCI, DPDKMode: true });
    expect(await linkNames(one)).toEqual(["eth0"]);
  });

  /** Refused by each operation that reads the configuration, and nothing is changed. */
  async function refused(keys: Keys): Promise<void> {
    for (const operation of ["ADD", "CHECK", "STATUS"] as const) {
      const prevResult = operation === "CHECK" ? { cniVersion: "1.1.0" } : undefined;
      const { json } = await lab.call(operation, { ...keys, prevResult });
      expect({ operation, ...json }).toMatchObject({
        code: 7,
        msg: "useInterfaceNetwork is not supported for a device that a program of the container drives",
      });
    }
    expect(await linkNames(one)).toEqual([]);
    expect(await linkNames(undefined)).toEqual([DEVICE]);
    await lab.del(keys);
  }

  needs("root")("case P16: with useInterfaceNetwork its driver is an error", async () => {
    await buses(...VFIO);
    await refused({ pciBusID: PCI, useInterfaceNetwork: true });
  });

  needs("root")("case P16, kind: also of a device that the runtime names", async () => {
    await buses(...VFIO);
    await refused({ runtimeConfig: { deviceID: PCI }, useInterfaceNetwork: true });
  });

  needs("root")("case P16, kind: also where DPDKMode says so", async () => {
    await refused({ device: DEVICE, DPDKMode: true, useInterfaceNetwork: true });
    await buses(...DRIVERS, DRIVER, `${DEVICES}/net/${DEVICE}`);
    // Of a PCI device the driver decides, and this one has a link.
    await lab.must("ADD", { pciBusID: PCI, DPDKMode: true, useInterfaceNetwork: true });
    await lab.del({ pciBusID: PCI, DPDKMode: true, useInterfaceNetwork: true });
  });

  needs("root")(
    "is told by the key for a device that is not named by its PCI address",
    async () => {
      const keys = { device: DEVICE, DPDKMode: true };
      const result = await lab.must("ADD", keys);
      expect(result).toEqual({
        cniVersion: "1.1.0",
        interfaces: [{ name: "eth0", sandbox: one.netns }] as never,
      });
      expect(await linkNames(undefined)).toEqual([DEVICE]);
      expect(await addressesOf(undefined, DEVICE)).toEqual([]);
    },
  );
});
