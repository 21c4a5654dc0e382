import { readSysctl } from "../../kernel/sysctl/index.ts";
import { differs } from "../differs.ts";
import { type Kind, kindOf, type Rollback } from "../kind.ts";
import { kept } from "../repair.ts";
import type { Scene } from "../scene.ts";
import { changed, stays } from "../standing.ts";
import { keepAdvertised } from "./advertised.ts";
import { SWITCHES, sharing, switchOn } from "./switch.ts";

/** Families whose packets the host has to forward; known once IPAM has spoken. */
export type WantedForwarding = () => ReadonlySet<4 | 6>;

/** The host forwards packets of the families that the attachment has addresses of. DEL leaves it. */
export const forwarding: Kind<WantedForwarding> = kindOf({
  name: "forwarding",

  describe(_scene, wanted) {
    const families = [...wanted()].map((family) => `IPv${family}`);
    return `the host forwards ${families.length === 0 ? "packets" : families.join(" and ")}`;
  },

  compare(_scene, wanted) {
    const families = [...wanted()];
    if (families.length === 0) return { standing: "unknown", now: "the addresses are not known" };
    const off = families.map((family) => SWITCHES[family]).filter((key) => readSysctl(key) !== "1");
    return off.length === 0 ? stays("it does already") : changed(`${off.join(", ")} is off`);
  },

  apply: forward,
  restore: (scene, wanted) => forward(scene, wanted, kept),

  check(_scene, wanted) {
    for (const family of wanted()) {
      const key = SWITCHES[family];
      if (readSysctl(key) !== "1") throw differs(`the host does not forward IPv${family}: ${key}`);
    }
  },
});

function forward(scene: Scene, wanted: WantedForwarding, rollback: Rollback): void {
  for (const family of wanted()) {
    if (readSysctl(SWITCHES[family]) === "1") continue;
    const isShared = sharing(scene);
    if (family === 6) keepAdvertised(scene, isShared, rollback);
    switchOn(scene.namespaces, family, isShared, rollback);
  }
}
