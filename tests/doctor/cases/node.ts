import { chmodSync, mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type Cases,
  cacheFile,
  changeCache,
  forgetNotes,
  OWN,
  reserve,
  staleSocket,
} from "../broken-node.ts";
import { bridgeNetwork } from "../world.ts";

/** What is kept about containers, and the node as a whole. */
export const NODE_CASES: Cases = {
  "the namespace is deleted": {
    finding: "namespace-gone",
    breaks: (at) => at.world.host.remove(at.one),
    remedy: /^hawser del net1 --id web --ifname eth0$/,
    mends: false,
  },
  "the namespace is deleted, seen from the node": {
    finding: "namespace-gone",
    breaks: (at) => at.world.host.remove(at.one),
    remedy: /^hawser del net1 --id web$/,
    words: [],
  },
  "another container is at the path": {
    finding: "namespace-replaced",
    breaks: async (at) => {
      await at.world.host.remove(at.one);
      await at.world.container(at.one.name);
    },
    remedy: /^hawser del net1 --id web --ifname eth0$/,
    mends: false,
  },
  "the cache is deleted": {
    finding: "cache-entry-missing",
    breaks: () => rmSync(cacheFile()),
    remedy: /^ls -l \/var\/lib\/cni\/results$/,
    mends: false,
  },
  "the cache's file is torn": {
    finding: "cache-entry-missing",
    breaks: () => writeFileSync(cacheFile(), '{"kind": "cniCa'),
    remedy: /^ls -l \/var\/lib\/cni\/results\/net1-web-eth0$/,
    mends: false,
  },
  "the reservation is deleted": {
    finding: "reservation-missing",
    breaks: async (at) => rmSync(`/var/lib/cni/networks/net1/${await at.address()}`),
    remedy: /^hawser sync --id web --ifname eth0$/,
    mends: false,
  },
  "a reservation is left behind": {
    finding: "reservation-leaked",
    breaks: () => reserve("10.1.0.77", "ghost"),
    remedy: /^hawser del net1 --id ghost$/,
    words: [],
  },
  "the range is full": {
    finding: "pool-full",
    network: bridgeNetwork("net1", {
      ipam: { type: "host-local", ranges: [[{ subnet: "10.1.0.0/29" }]] },
    }),
    port: false,
    breaks: () => {
      for (let last = 3; last <= 6; last++) reserve(`10.1.0.${last}`, `ghost${last}`);
    },
    remedy: /^hawser ls net1 --state leak -q \| xargs -rn1 hawser del net1 --id$/,
    words: [],
    mends: false,
  },
  "an ADD was cut short": {
    finding: "add-unfinished",
    breaks: () => changeCache((json) => delete json["result"]),
    remedy: /^hawser del net1 --id web --ifname eth0$/,
    mends: false,
  },
  "the machine has booted since": {
    finding: "attachment-of-earlier-boot",
    breaks: () => {
      forgetNotes();
      changeCache((json) => {
        for (const value of Object.values(json)) {
          const isHolder = typeof value === "object" && value !== null && "bootId" in value;
          if (isHolder) value.bootId = "other";
        }
        if ("bootId" in json) json["bootId"] = "other";
      });
    },
    remedy: /^hawser (?:gc net1 --dead|del net1 --id web)/,
    words: [],
  },
  "a plugin's executable is missing": {
    finding: "plugin-missing",
    breaks: (at) => {
      rmSync(join(at.world.plugins, "host-local"));
      at.stack.defer(() => symlinkSync(at.world.program, join(at.world.plugins, "host-local")));
    },
    remedy: /^hawser install --bin-dir \S+$/,
    words: [],
    mends: false,
  },
  "a plugin may not be executed": {
    finding: "plugin-not-executable",
    breaks: (at) => {
      const path = join(at.world.plugins, "tuning");
      rmSync(path);
      writeFileSync(path, "#!/bin/sh\n");
      chmodSync(path, 0o644);
      at.world.write("20.conflist", {
        cniVersion: "1.1.0",
        name: "tuned",
        plugins: [{ type: "tuning" }],
      });
      at.stack.defer(() => {
        rmSync(path);
        symlinkSync(at.world.program, path);
      });
    },
    remedy: /^chmod 755 \S+\/tuning$/,
    words: [],
    mends: false,
  },
  "a configuration is half written": {
    finding: "configuration-broken",
    breaks: (at) => void at.world.write("05-half.conflist", '{"cniVersion": "1.1.0", "name": "ha'),
    remedy: /^hawser validate \S+\/05-half\.conflist$/,
    words: [],
    mends: false,
  },
  "two files have one name": {
    finding: "configuration-shadowed",
    breaks: (at) => void at.world.write("20-again.conflist", OWN),
    remedy: /^hawser validate \S+$/,
    words: [],
    mends: false,
  },
  "the cniVersion is none": {
    finding: "configuration-version",
    breaks: (at) => void at.world.write("10-net.conflist", { ...OWN, cniVersion: "9.9.9" }),
    remedy: /^hawser version net1$/,
    words: [],
    mends: false,
  },
  "the daemon's socket is stale": {
    finding: "daemon-gone",
    breaks: () => staleSocket("/run/hawser/daemon.sock"),
    remedy: /^rm \/run\/hawser\/daemon\.sock$/,
    words: [],
  },
  "the DHCP daemon's socket is stale": {
    finding: "dhcp-daemon-gone",
    breaks: () => staleSocket("/run/cni/dhcp.sock"),
    remedy: /^rm -f \/run\/cni\/dhcp\.sock && hawser dhcp daemon$/,
    words: [],
    mends: false,
  },
  "the state directory is read-only": {
    finding: "directory-read-only",
    breaks: async (at) => {
      await at.sh(
        "mount --bind /var/lib/cni/networks /var/lib/cni/networks && mount -o remount,ro,bind /var/lib/cni/networks",
      );
      at.finally("umount", "/var/lib/cni/networks");
    },
    remedy: /^mount -o remount,rw \S+$/,
    words: [],
    mends: false,
  },
  "the clock was put back": {
    finding: "clock-stepped-back",
    breaks: () => {
      const later = new Date(Date.now() + 3_600_000);
      utimesSync(cacheFile(), later, later);
    },
    remedy: /^timedatectl status$/,
    words: [],
    mends: false,
  },
  "the daemon that runs is an older one": {
    finding: "daemon-of-other-version",
    breaks: (at) => {
      const fetch = (): Response => Response.json({ ready: true, version: "0.0.1" });
      for (const name of ["daemon", "status"]) {
        const server = Bun.serve({ unix: `/run/hawser/${name}.sock`, fetch });
        at.stack.defer(() => void server.stop(true));
      }
    },
    remedy: /^hawser daemon --replace$/,
    words: [],
    mends: false,
  },
  "the daemon's unit is enabled, and does not run": {
    finding: "unit-failed",
    breaks: (at) => {
      const wants = "/run/systemd/system/multi-user.target.wants";
      mkdirSync(wants, { recursive: true });
      writeFileSync(`${wants}/hawser.service`, "");
      at.stack.defer(() => rmSync("/run/systemd", { recursive: true }));
    },
    remedy: /^systemctl restart hawser\.socket hawser\.service$/,
    words: [],
    mends: false,
  },
  "the disk of the reservations is full": {
    finding: "disk-full",
    breaks: async (at) => {
      const dir = "/var/lib/cni/networks";
      await at.sh(`mount -t tmpfs -o size=64k small ${dir} && cp /dev/zero ${dir}/.filler || true`);
      at.finally("umount", dir);
    },
    remedy: /^df -h \/var\/lib\/cni\/networks && df -i \/var\/lib\/cni\/networks$/,
    words: [],
    mends: false,
  },
  "a plugin does not answer": {
    finding: "plugin-broken",
    breaks: (at) => {
      const path = join(at.world.plugins, "tuning");
      rmSync(path);
      writeFileSync(path, "#!/bin/sh\necho broken >&2\nexit 7\n", { mode: 0o755 });
      const plugins = [{ type: "tuning" }];
      at.world.write("20.conflist", { cniVersion: "1.1.0", name: "tuned", plugins });
      at.stack.defer(() => {
        rmSync(path);
        symlinkSync(at.world.program, path);
      });
    },
    remedy: /^CNI_COMMAND=VERSION \S+\/tuning < \/dev\/null$/,
    words: [],
    mends: false,
  },
  "no network is configured": {
    finding: "configuration-none",
    breaks: (at) => rmSync(join(at.world.networks, "10-net.conflist")),
    remedy: /^hawser install --conflist FILE --conf-dir \S+$/,
    words: [],
    mends: false,
  },
  "there is no directory of networks": {
    finding: "configuration-none",
    breaks: (at) => {
      rmSync(at.world.networks, { recursive: true });
      at.stack.defer(() => mkdirSync(at.world.networks));
    },
    remedy: /^hawser install --conflist FILE --conf-dir \S+$/,
    words: [],
    mends: false,
  },
  "a plugin of another project is missing": {
    finding: "plugin-missing",
    breaks: (at) => {
      const plugins = [{ type: "flannel" }];
      at.world.write("20.conflist", { cniVersion: "1.1.0", name: "others", plugins });
    },
    remedy: /^find \/ -xdev -type f -name flannel$/,
    words: [],
    mends: false,
  },
  "the type of a plugin is a slip": {
    finding: "plugin-missing",
    breaks: (at) =>
      void at.world.write("20.conflist", bridgeNetwork("slipped", { type: "brigde" })),
    remedy: /^hawser validate \S+\/20\.conflist$/,
    words: [],
    mends: false,
  },
  "the subnet was changed, and the bridge has the address of before": {
    finding: "bridge-address-differs",
    breaks: (at) => {
      const ipam = { type: "host-local", ranges: [[{ subnet: "10.9.0.0/24" }]] };
      at.world.write("10-net.conflist", bridgeNetwork("net1", { ipam }));
    },
    remedy: /^hawser diff net1$/,
    words: [],
    mends: false,
  },
  "the network's file is gone": {
    finding: "configuration-missing",
    breaks: (at) => rmSync(join(at.world.networks, "10-net.conflist")),
    remedy: /^ls \S+\/networks$/,
    mends: false,
  },
  "an address is reserved for another": {
    finding: "address-of-two",
    breaks: async (at) => reserve(await at.address(), "other"),
    remedy: /^hawser del net1 --id other --ifname eth0$/,
    mends: false,
  },
  "another network on the bridge has given the address again": {
    finding: "address-of-two",
    breaks: async (at) => {
      at.world.write("20-net.conflist", bridgeNetwork("net2"));
      const two = await at.world.container();
      await at.world.must("add", "net2", two.name, "--id", "two");
    },
    remedy: /^hawser del net2 --id two --ifname eth0$/,
  },
  "another network on the bridge has given the address again, seen from the node": {
    finding: "address-of-two",
    breaks: async (at) => {
      at.world.write("20-net.conflist", bridgeNetwork("net2"));
      const two = await at.world.container();
      await at.world.must("add", "net2", two.name, "--id", "two");
    },
    remedy: /^hawser del net1 --id web$/,
    words: [],
    mends: false,
  },
};
