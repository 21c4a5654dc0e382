import { readSysctl, writeSysctl } from "../../kernel/sysctl/index.ts";
import { differs } from "../differs.ts";
import { type Kind, kindOf } from "../kind.ts";
import type { Namespaces } from "../namespaces/index.ts";

const KEYS = { 4: "net/ipv4/ip_forward", 6: "net/ipv6/conf/all/forwarding" } as const;

/** Families whose packets the host has to forward; known once IPAM has spoken. */
export type WantedForwarding = () => ReadonlySet<4 | 6>;

/** The host forwards packets of the families that the attachment has addresses of. DEL leaves it. */
export const forwarding: Kind<WantedForwarding> = kindOf({
  name: "forwarding",

  describe(_scene, wanted) {
    const families = [...wanted()].map((family) => `IPv${family}`);
    return `the host forwards ${families.length === 0 ? "packets" : families.join(" and ")}`;
  },

  apply({ namespaces }, wanted, rollback) {
    for (const family of wanted()) {
      const key = KEYS[family];
      if (readSysctl(key) === "1") continue;
      rollback.defer(() => switchBack(namespaces, key));
      writeSysctl(key, "1");
    }
  },

  check(_scene, wanted) {
    for (const family of wanted()) {
      const key = KEYS[family];
      if (readSysctl(key) !== "1") throw differs(`the host does not forward IPv${family}: ${key}`);
    }
  },
});

/** The switch is the whole host's: an ADD turns it back only when its pair is the only one. */
function switchBack({ hostLinks }: Namespaces, key: string): void {
  if (hostLinks.list({ kind: "veth" }).length <= 1) writeSysctl(key, "0");
}
