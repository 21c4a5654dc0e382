import { kindContract } from "../../../tests/support/kind-contract.ts";
import { emptyResult } from "../../spec/index.ts";
import { nftables } from "../nft-sets/index.ts";
import { masquerade } from "./index.ts";

const TABLES = { own: "hawser_masquerade", nftables: "cni_plugins_masquerade" } as const;

for (const backend of ["own", "nftables"] as const) {
  kindContract({
    kinds: [masquerade],
    want(scene, number) {
      const ips = [{ address: `10.1.0.${number}/24` }, { address: `fd00::${number}/64` }];
      return [
        masquerade.want(scene, { backend, addresses: () => ({ ...emptyResult("1.1.0"), ips }) }),
      ];
    },
    // As in the Go plugins.
    layoutStays: backend === "nftables",
    sabotages: {
      "a table that is gone": {
        does(namespaces) {
          const place = { family: "inet", name: TABLES[backend] } as const;
          nftables(namespaces).commit((batch) => batch.delTable(place));
        },
        says: TABLES[backend],
      },
    },
  });
}
