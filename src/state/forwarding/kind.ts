import { readSysctl, writeSysctl } from "../../kernel/sysctl/index.ts";
import { differs } from "../differs.ts";
import type { Kind, Piece, Rollback } from "../kind.ts";
import type { Namespaces } from "../namespaces/index.ts";

const KEYS = { 4: "net/ipv4/ip_forward", 6: "net/ipv6/conf/all/forwarding" } as const;

/** Families whose packets the host has to forward; known once IPAM has spoken. */
export type WantedForwarding = () => ReadonlySet<4 | 6>;

/** The host forwards packets of the families that the attachment has addresses of. DEL leaves it. */
export const forwarding: Kind<WantedForwarding> = {
  name: "forwarding",
  want: ({ namespaces }, families) => new Forwarding(namespaces, families),
};

class Forwarding implements Piece {
  readonly name = "forwarding";
  readonly #namespaces: Namespaces;
  readonly #families: WantedForwarding;

  constructor(namespaces: Namespaces, families: WantedForwarding) {
    this.#namespaces = namespaces;
    this.#families = families;
  }

  describe(): string {
    const families = [...this.#families()].map((family) => `IPv${family}`);
    return `the host forwards ${families.length === 0 ? "packets" : families.join(" and ")}`;
  }

  apply(rollback: Rollback): void {
    for (const family of this.#families()) {
      const key = KEYS[family];
      if (readSysctl(key) === "1") continue;
      rollback.defer(() => this.#switchBack(key));
      writeSysctl(key, "1");
    }
  }

  check(): void {
    for (const family of this.#families()) {
      const key = KEYS[family];
      if (readSysctl(key) !== "1") throw differs(`the host does not forward IPv${family}: ${key}`);
    }
  }

  /** The switch is the whole host's: an ADD turns it back only when its pair is the only one. */
  #switchBack(key: string): void {
    const pairs = this.#namespaces.hostLinks.list({ kind: "veth" });
    if (pairs.length <= 1) writeSysctl(key, "0");
  }
}
