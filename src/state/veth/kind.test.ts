import { kindContract } from "../../../tests/support/kind-contract.ts";
import { ownHostLinks, vethPair } from "./index.ts";

kindContract({
  kinds: [vethPair],
  want: (scene) => [vethPair.want(scene, { mtu: 1400, hostSettings: () => ({ up: true }) })],
  sabotages: {
    "a pair that is gone": {
      does(namespaces, owner) {
        for (const { index } of ownHostLinks(namespaces, owner)) namespaces.hostLinks.delete(index);
      },
      says: "missing",
      staysLost: "identity alone cannot put it back",
    },
  },
});
