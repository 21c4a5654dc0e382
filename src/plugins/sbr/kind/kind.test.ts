import { earlierResult, makeEarlierLink } from "../../../../tests/support/container-link.ts";
import { kindContract } from "../../../../tests/support/kind-contract.ts";
import { Ip, Prefix } from "../../../addr/index.ts";
import { route, rule } from "../../../kernel/route/index.ts";
import { FIRST_TABLE } from "./plan.ts";
import { sourceRouting } from "./source-routing.ts";

kindContract({
  kinds: [sourceRouting],
  prepare: makeEarlierLink,
  more: (number) => ({ prevResult: earlierResult(number) }),
  want(scene, number) {
    const addresses = earlierResult(number).ips.map(({ address, gateway = "" }) => {
      return { prefix: Prefix.parse(address), gateway: Ip.parse(gateway) };
    });
    const wanted = { addresses, table: undefined, gateways: new Map(), sourceHints: false };
    return [sourceRouting.want(scene, wanted)];
  },
  sabotages: {
    "a rule that is gone": {
      does({ container }) {
        const where = ({ table }: rule.Rule): boolean => table === FIRST_TABLE;
        for (const each of rule.list(container, { where })) rule.delete(container, each);
      },
      says: "the rule from 10.1.0.11 (eth0) to table 100 is missing",
    },
    "a table that is empty": {
      does({ container }) {
        for (const each of route.list(container, { table: FIRST_TABLE })) {
          route.delete(container, each);
        }
      },
      says: "of eth0 is missing in table 100",
    },
    "a route that came back": {
      does({ container, containerLinks }) {
        const index = containerLinks.get({ name: "eth0" })?.index ?? 0;
        const gateway = Ip.parse("10.1.0.1");
        route.add(container, { dst: Prefix.parse("0.0.0.0/0"), gateway, index });
      },
      says: "is in the main table again",
    },
  },
});
