import { expect } from "bun:test";
import { dhcpLab } from "../../../tests/support/dhcp.ts";
import { must } from "../../../tests/support/exec.ts";
import { needs } from "../../../tests/support/needs.ts";

const lab = dhcpLab();
const { one } = lab;

const test = needs("dhcpd", "nsenter");
const SUBNET = `subnet 10.7.0.0 netmask 255.255.255.0 {
  range 10.7.0.100 10.7.0.150;
  option routers 10.7.0.1, 10.7.0.2;
}`;

test("a lease of ISC's server is granted, renewed and given back", async () => {
  const server = await lab.dhcpd(`max-lease-time 4; default-lease-time 4; ${SUBNET}`);
  const daemon = await lab.daemon();
  const result = await lab.attach(one);
  expect(result).toMatchObject({ ips: [{ gateway: "10.7.0.1" }] });
  await daemon.says(/renewed by 10\.7\.0\.1/);
  expect(await lab.call("CHECK", one)).toMatchObject({ exitCode: 0 });
  expect(await lab.call("DEL", one)).toMatchObject({ exitCode: 0, stderr: "" });
  await server.says(/DHCPRELEASE of 10\.7\.0\.1\d\d from .* \(found\)/);
  expect(lab.dhcpdLeases()).toContain("binding state free");
});

/** The server stands on a network of its own, behind a router that relays. */
needs("dhcpd", "dhcrelay")(
  "a relay stands between, and the lease goes back through it",
  async () => {
    const far = await lab.host.container("far");
    try {
      // The lab's server machine is the router here.
      await must([
        ...["ip", "link", "add", "far0", "netns", "server", "type", "veth"],
        ...["peer", "name", "eth0", "netns", "far"],
      ]);
      await must(["ip", "-n", "server", "address", "add", "10.8.0.1/24", "dev", "far0"]);
      await must(["ip", "-n", "server", "link", "set", "far0", "up"]);
      await must(["ip", "-n", "far", "address", "add", "10.8.0.2/24", "dev", "eth0"]);
      await must(["ip", "-n", "far", "link", "set", "eth0", "up"]);
      await must(["ip", "-n", "far", "route", "add", "default", "via", "10.8.0.1"]);
      const forward = ["sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward"];
      await must(lab.inside(lab.server, forward));
      const server = await lab.dhcpd(
        `max-lease-time 4; default-lease-time 4; subnet 10.8.0.0 netmask 255.255.255.0 {} ${SUBNET}`,
        far,
      );
      const relay = ["dhcrelay", "-4", "-d", "--no-pid", "-i", "eth0", "-i", "far0", "10.8.0.2"];
      await lab.start(lab.inside(lab.server, relay), /Sending on/);
      const daemon = await lab.daemon();
      await lab.attach(one);
      await must(["ip", "-n", "one", "route", "add", "default", "via", "10.7.0.1"]);
      // Renewals go straight to the server, by the container's routes.
      await daemon.says(/renewed by 10\.8\.0\.2/);
      expect(await lab.call("DEL", one)).toMatchObject({ exitCode: 0, stderr: "" });
      await server.says(/DHCPRELEASE of 10\.7\.0\.1\d\d from .* \(found\)/);
    } finally {
      await lab.host.remove(far);
    }
  },
);
