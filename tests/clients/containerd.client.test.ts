import { afterEach, beforeAll, expect } from "bun:test";
import { dbnet } from "../support/dbnet.ts";
import { must } from "../support/exec.ts";
import { Host } from "../support/host.ts";
import { skipBecause } from "../support/needs.ts";
import { hawserPlugins } from "../support/plugin-sets.ts";
import { Containerd } from "./containerd.ts";

/** Debian's containerd through `ctr --cni`, which is go-cni and libcni: a real client. */

const hawser = hawserPlugins();
const missing = [Containerd.missing(), hawser.missing].filter((part) => part !== undefined);
const client = skipBecause(missing.length === 0 ? undefined : missing.join(", "));

let host: Host;
let containerd: Containerd | undefined;
beforeAll(async () => {
  host = await Host.create();
});
afterEach(async () => {
  await containerd?.close();
  containerd = undefined;
  await host.tidy();
});

async function reserved(): Promise<string[]> {
  const files = await must(["ls", "/var/lib/cni/networks/dbnet"]);
  return files.split("\n").filter((name) => /^\d+\.\d+\.\d+\.\d+$/u.test(name));
}

client(
  "a container is on the network while it runs, and leaves nothing",
  async () => {
    containerd = await Containerd.start(hawser.dir, dbnet());
    const line = "ip -4 address show eth0; cat /proc/sys/net/core/somaxconn; ip route";
    const seen = await containerd.container("one", "--rm", line);
    expect(seen).toContain("inet 10.1.0.2/16");
    expect(seen).toContain("\n500\n");
    expect(seen).toContain("default via 10.1.0.1 dev eth0");
    expect(await reserved()).toEqual([]);
    const links = await must(["ip", "-br", "link", "show", "type", "veth"]);
    expect(links).toBe("");
  },
  60_000,
);

client(
  "GC cleans up what ctr never asks to delete",
  async () => {
    containerd = await Containerd.start(hawser.dir, dbnet());
    await containerd.container("two", "--detach", "exec sleep 600");
    await containerd.container("three", "--detach", "exec sleep 600");
    expect(await reserved()).toEqual(["10.1.0.2", "10.1.0.3"]);
    await containerd.ctr("task", "kill", "--signal", "SIGKILL", "two");
    await containerd.ctr("task", "delete", "--force", "two");
    await containerd.ctr("container", "delete", "two");
    // The namespace is gone, and with it the link; the address is still reserved.
    expect(await reserved()).toEqual(["10.1.0.2", "10.1.0.3"]);
    const valid = [{ containerID: "default-three", ifname: "eth0" }];
    const config = { ...dbnet().plugins[0], cniVersion: "1.1.0", name: "dbnet" };
    const gc = Bun.spawn([`${hawser.dir}/bridge`], {
      env: { CNI_COMMAND: "GC", CNI_PATH: hawser.dir },
      stdin: Buffer.from(JSON.stringify({ ...config, "cni.dev/valid-attachments": valid })),
    });
    expect(await gc.exited).toBe(0);
    expect(await reserved()).toEqual(["10.1.0.3"]);
    await containerd.ctr("task", "kill", "--signal", "SIGKILL", "three");
    await containerd.ctr("task", "delete", "--force", "three");
  },
  60_000,
);
