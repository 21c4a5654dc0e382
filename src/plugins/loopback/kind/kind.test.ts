import { kindContract } from "../../../../tests/support/kind-contract.ts";
import { netnsRecord } from "../../../state/netns-record/index.ts";
import { loopbackUp } from "./loopback-up.ts";

const record = netnsRecord({ name: "loopback" });

kindContract({
  kinds: [record, loopbackUp],
  want: (scene) => [record.want(scene), loopbackUp.want(scene, [])],
  sabotages: {
    "a loopback interface that is down": {
      does: ({ containerLinks }) => containerLinks.set({ name: "lo" }, { up: false }),
      says: "loopback interface is down",
    },
  },
});
