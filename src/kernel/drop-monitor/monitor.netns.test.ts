import { expect } from "bun:test";
import { must } from "../../../tests/support/exec.ts";
import { has } from "../../../tests/support/features.ts";
import { requireOwnNamespaces } from "../../../tests/support/namespaces.ts";
import { needs } from "../../../tests/support/needs.ts";
import { type DropAlert, DropMonitor, NoDropMonitor } from "./index.ts";

requireOwnNamespaces();

// The monitor is the machine's own, so it is begun in the kernel lab alone.

const PORT = 9999;

needs("ip")("without a drop monitor that is said plainly", () => {
  // The kernel has it in the first namespace only, if at all.
  expect(() => DropMonitor.open("/proc/self/ns/net")).toThrow(
    new NoDropMonitor("this kernel has no drop monitor"),
  );
});

async function dropped(monitor: DropMonitor): Promise<DropAlert | undefined> {
  const socket = await Bun.udpSocket({ hostname: "127.0.0.1" });
  try {
    socket.send("a packet", PORT, "127.0.0.1");
    for (let tries = 0; tries < 100; tries++) {
      const found = monitor
        .alerts(100)
        .find(({ packet }) => Buffer.from(packet).includes("a packet"));
      if (found !== undefined) return found;
    }
    return undefined;
  } finally {
    socket.close();
  }
}

const lab = needs("virtio-nic", "kernel:drop-monitor", "ip", "nft");

lab("a packet that a rule drops is heard of, with the reason", async () => {
  await must(["ip", "link", "set", "lo", "up"]);
  const rules = `table ip t { chain in { type filter hook input priority 0; udp dport ${PORT} drop; }; }`;
  await must(["nft", "-f", "-"], { stdin: rules });
  using monitor = DropMonitor.open();
  const alert = await dropped(monitor);
  expect(alert?.etherType).toBe(0x0800);
  // Before Linux 5.18 the kernel gives no reason.
  expect(alert?.reason).toBe(has("kernel:drop-reasons") ? "NETFILTER_DROP" : undefined);
  expect(alert?.place).not.toBe("");
});

lab("one that another has begun is used as it is, and not ended", async () => {
  await must(["ip", "link", "set", "lo", "up"]);
  using first = DropMonitor.open();
  {
    using second = DropMonitor.open();
    expect(second.alerts()).toEqual([]);
  }
  expect(await dropped(first)).toBeDefined();
});
