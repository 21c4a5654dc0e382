import { readSysctl, writeSysctl } from "../../kernel/sysctl/index.ts";
import { differs } from "../differs.ts";
import type { Namespaces } from "../namespaces/index.ts";
import { afterCleanup, type Revert, type Step } from "../step.ts";

const KEYS = { 4: "net/ipv4/ip_forward", 6: "net/ipv6/conf/all/forwarding" } as const;

/** The host forwards packets of the families that the attachment has addresses of. */
export class ForwardingStep implements Step {
  readonly name = "forwarding";
  readonly #namespaces: Namespaces;
  readonly #families: () => ReadonlySet<4 | 6>;

  constructor(namespaces: Namespaces, families: () => ReadonlySet<4 | 6>) {
    this.#namespaces = namespaces;
    this.#families = families;
  }

  describe(): string {
    const families = [...this.#families()].map((family) => `IPv${family}`);
    return `the host forwards ${families.length === 0 ? "packets" : families.join(" and ")}`;
  }

  apply(): Revert | undefined {
    const changed: string[] = [];
    const revert = (): void => {
      // The switch is the whole host's: only whoever attaches alone may turn it back.
      const pairs = this.#namespaces.hostLinks.list().filter(({ kind }) => kind === "veth");
      if (pairs.length > 1) return;
      for (const key of changed) writeSysctl(key, "0");
    };
    try {
      for (const family of this.#families()) {
        const key = KEYS[family];
        if (readSysctl(key) === "1") continue;
        writeSysctl(key, "1");
        changed.push(key);
      }
    } catch (error) {
      throw afterCleanup(error, changed.length === 0 ? () => undefined : revert);
    }
    return changed.length === 0 ? undefined : revert;
  }

  check(): void {
    for (const family of this.#families()) {
      const key = KEYS[family];
      if (readSysctl(key) !== "1") throw differs(`the host does not forward IPv${family}: ${key}`);
    }
  }

  undo(): void {}
}
