import { rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Cases, forgetNotes, GO } from "../broken-node.ts";

/** A plugin of others, as far as doctor asks it. */
const VERSION_ALONE = `#!/bin/sh
echo '{"cniVersion":"1.1.0","supportedVersions":["1.0.0","1.1.0"]}'
`;

/** The same where rules are laid out as the Go plugins do, and nothing of ours is noted. */
export const LAYOUT_CASES: Cases = {
  "Go's layout: the accepting rules are flushed": {
    finding: "packet-dropped",
    network: GO,
    breaks: async (at) => {
      forgetNotes();
      await at.sh("iptables -P FORWARD DROP && iptables -F CNI-FORWARD");
    },
    remedy: /^iptables -I FORWARD -s 10\.1\.0\.\d+ -j ACCEPT && /,
    needs: ["iptables", "iptables-save"],
  },
  "Go's layout: masquerading is flushed": {
    finding: "masquerade-missing",
    network: GO,
    breaks: async (at) => {
      forgetNotes();
      await at.sh("iptables -t nat -F POSTROUTING");
    },
    remedy: /^hawser sync --id web --ifname eth0$/,
    needs: ["iptables", "iptables-save"],
    mends: false,
  },
  "masquerading is flushed where other plugins are installed, which put nothing back": {
    finding: "masquerade-missing",
    network: GO,
    breaks: async (at) => {
      forgetNotes();
      const path = join(at.world.plugins, "bridge");
      rmSync(path);
      writeFileSync(path, VERSION_ALONE, { mode: 0o755 });
      at.stack.defer(() => {
        rmSync(path);
        symlinkSync(at.world.program, path);
      });
      await at.sh("iptables -t nat -F POSTROUTING");
    },
    remedy: /^hawser del net1 --id web && hawser add net1 \S+ --id web --cap '\{"portMappings":/,
    needs: ["iptables", "iptables-save"],
    mends: false,
  },
  "Go's layout: the port mappings are flushed": {
    finding: "port-mapping-missing",
    network: GO,
    breaks: async (at) => {
      forgetNotes();
      await at.sh("iptables -t nat -F CNI-HOSTPORT-DNAT");
    },
    remedy: /^hawser sync --id web --ifname eth0$/,
    needs: ["iptables", "iptables-save"],
    mends: false,
  },
};
