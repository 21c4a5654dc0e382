import type { Ip } from "../../addr/index.ts";

/** What a rule does to an address. */
export interface Translation {
  readonly kind: "masquerade" | "snat" | "dnat" | "redirect";
  readonly address?: Ip;
  readonly port?: number;
}
