import { afterEach, beforeAll, beforeEach, describe, expect } from "bun:test";
import { must } from "../../../tests/support/exec.ts";
import { failureOf } from "../../../tests/support/fails.ts";
import { type Container, Host } from "../../../tests/support/host.ts";
import { applied, kindScene, OWNER } from "../../../tests/support/kind-scene.ts";
import { needs } from "../../../tests/support/needs.ts";
import { Errno, KernelError } from "../../kernel/sys/index.ts";
import { linkName } from "../link-name.ts";
import { Namespaces } from "../namespaces/index.ts";
import { kernelHas } from "./kernel-kind.ts";
import { type VirtualLink, virtualLink } from "./kind.ts";

const macvlan = virtualLink("macvlan");
const run = needs("kernel:macvlan");

let host: Host;
let one: Container;
beforeAll(async () => {
  host = await Host.create();
  await must(["ip", "link", "add", "uplink0", "type", "veth", "peer", "name", "lan0"]);
});
beforeEach(async () => {
  one = await host.container("one");
});
afterEach(async () => {
  await host.remove(one);
});

function piece(namespaces: Namespaces): VirtualLink {
  const parent = { name: "uplink0", inContainer: false };
  const settings = { macvlan: { mode: "bridge" } } as const;
  return macvlan.want(kindScene(namespaces), { parent, mtu: 0, settings });
}

async function ip(...words: string[]): Promise<string> {
  return await must(["ip", ...words]);
}

async function inside(): Promise<string[]> {
  const all = JSON.parse(await ip("-n", "one", "-j", "link", "show")) as { ifname: string }[];
  return all.map(({ ifname }) => ifname).filter((name) => name !== "lo");
}

/** As an ADD leaves it that is killed before it has named its link. */
async function leaveUnnamed(name: string): Promise<void> {
  await ip("link", "add", "link", "uplink0", "name", name, "netns", "one", "type", "macvlan");
}

describe("an ADD that was killed", () => {
  run("leaves a link that DEL finds", async () => {
    await leaveUnnamed(linkName("tmp", OWNER));
    using namespaces = Namespaces.open(one);
    await macvlan.undo?.(kindScene(namespaces, { operation: "DEL" }));
    expect(await inside()).toEqual([]);
  });

  run("leaves a link that the next ADD removes", async () => {
    await leaveUnnamed(linkName("tmp", OWNER));
    using namespaces = Namespaces.open(one);
    await applied(piece(namespaces));
    expect(await inside()).toEqual(["eth0"]);
  });
});

run(
  "DEL finds the link that the container has renamed, and leaves others of its kind",
  async () => {
    using adding = Namespaces.open(one);
    await applied(piece(adding));
    await ip("-n", "one", "link", "set", OWNER.ifName, "name", "renamed0");
    await leaveUnnamed("other0");
    using deleting = Namespaces.open(one);
    await macvlan.undo?.(kindScene(deleting, { operation: "DEL" }));
    expect(await inside()).toEqual(["other0"]);
  },
);

describe("a stranger's link under the first temporary name", () => {
  run("of the container stays, and the next name is taken", async () => {
    const name = linkName("tmp", OWNER);
    await ip("-n", "one", "link", "add", name, "type", "bridge");
    using namespaces = Namespaces.open(one);
    await applied(piece(namespaces));
    expect(await inside()).toEqual([name, "eth0"]);
    await macvlan.undo?.(kindScene(namespaces, { operation: "DEL" }));
    expect(await inside()).toEqual([name]);
  });

  run("of the host does no harm", async () => {
    const name = linkName("tmp", OWNER);
    await ip("link", "add", name, "type", "bridge");
    using namespaces = Namespaces.open(one);
    await applied(piece(namespaces));
    expect(await inside()).toEqual(["eth0"]);
    await ip("link", "delete", name);
  });
});

describe("a kernel whose answer is lost", () => {
  /** Namespaces whose next request to one side is carried out, and then fails. */
  function losing(namespaces: Namespaces, side: "host" | "container"): Namespaces {
    const { netlink } = namespaces[side];
    const { request } = netlink;
    netlink.request = (...words) => {
      netlink.request = request;
      netlink.request(...words);
      throw new KernelError("receive", Errno.ENOBUFS);
    };
    return namespaces;
  }

  for (const side of ["host", "container"] as const) {
    run(`on the ${side}'s side: nothing stays`, async () => {
      using namespaces = Namespaces.open(one);
      expect(await failureOf(applied(piece(losing(namespaces, side))))).toContain(
        "no buffer space",
      );
      expect(await inside()).toEqual([]);
      await applied(piece(namespaces));
      expect(await inside()).toEqual(["eth0"]);
    });
  }
});

describe("the kinds of the kernel", () => {
  for (const kind of ["macvlan", "ipvlan", "vlan", "dummy"] as const) {
    run(`${kind}: the answer is true, and nothing comes to be`, async () => {
      const before = await ip("-j", "link", "show");
      using namespaces = Namespaces.hostOnly();
      const parent = kind === "dummy" ? [] : ["link", "uplink0"];
      const id = kind === "vlan" ? ["id", "7"] : [];
      const made = await ip("link", "add", ...parent, "name", "x", "type", kind, ...id)
        .then(() => true)
        .catch(() => false);
      if (made) await ip("link", "delete", "x");
      expect(kernelHas(namespaces.host, kind)).toBe(made);
      expect((await ip("-j", "link", "show")).length).toBe(before.length);
    });
  }
});
