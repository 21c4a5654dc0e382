import { kindContract } from "../../../tests/support/kind-contract.ts";
import { netnsRecord } from "./index.ts";

for (const chained of [false, true] as const) {
  const kind = netnsRecord({ name: "some-plugin", chained });
  kindContract({ kinds: [kind], want: (scene) => [kind.want(scene)] });
}
