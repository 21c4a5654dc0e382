import { describe, expect, test } from "bun:test";
import { addressesOf, containerInterface } from "./container.ts";
import { parseResult } from "./parse.ts";

const result = parseResult(
  JSON.stringify({
    interfaces: [
      { name: "cni0" },
      { name: "eth0", mac: "0a:00:00:00:00:01" },
      { name: "eth0", mac: "0a:00:00:00:00:02", sandbox: "" },
      { name: "veth1", sandbox: "/run/netns/web" },
      { name: "eth0", mac: "0a:00:00:00:00:03", sandbox: "/run/netns/web" },
      { name: "eth0", mac: "0a:00:00:00:00:04", sandbox: "/run/netns/other" },
    ],
    ips: [
      { address: "10.0.0.1/24", interface: 0 },
      { address: "10.0.0.2/24", interface: 1 },
      { address: "10.0.0.3/24", interface: 2 },
      { address: "10.0.0.4/24", interface: 3 },
      { address: "10.0.0.5/24", interface: 4 },
      { address: "10.0.0.6/24" },
      { address: "10.0.0.7/24", interface: 9 },
      { address: "10.0.0.8/24", interface: -1 },
    ],
  }),
  "1.1.0",
);

describe("the container's interface", () => {
  test("has the name and a sandbox; a link of the host with that name is another one", () => {
    expect(containerInterface(result, "eth0")?.mac).toBe("0a:00:00:00:00:03");
  });

  test("is not there when the name stands on the host only, or nowhere", () => {
    expect(containerInterface(result, "cni0")).toBeUndefined();
    expect(containerInterface(result, "net1")).toBeUndefined();
    expect(containerInterface(parseResult(null, "1.1.0"), "eth0")).toBeUndefined();
  });
});

describe("the container's addresses", () => {
  test("are those of its interface, and those that name no interface that is listed", () => {
    const last = addressesOf(result, "eth0").map(({ address }) => address.slice(7, 8));
    expect(last.join("")).toBe("5678");
  });

  test("are those without an interface where a result lists no interfaces, as in 0.2.0", () => {
    const old = parseResult({ ip4: { ip: "10.0.0.2/24" }, ip6: { ip: "fd00::2/64" } }, "0.2.0");
    expect(addressesOf(old, "eth0")).toEqual(old.ips);
  });
});
