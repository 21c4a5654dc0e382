import { expect, test } from "bun:test";
import { failOnLeakedDescriptors } from "../../../../tests/support/descriptors.ts";
import { must } from "../../../../tests/support/exec.ts";
import { routingLab } from "../../../../tests/support/routing-lab.ts";
import { Ip, Prefix } from "../../../addr/index.ts";
import type { Context } from "../../../plugin/index.ts";
import { Namespaces } from "../../../state/namespaces/index.ts";
import { sourceRouting } from "./source-routing.ts";

failOnLeakedDescriptors();

const lab = routingLab();

function piece(
  namespaces: Namespaces,
  ifName: string,
  sourceHints: boolean,
): ReturnType<typeof sourceRouting.want> {
  const { address4, address6, gateway4, gateway6 } = lab.lan(ifName);
  const owner = { network: "net", containerId: lab.container.name, ifName };
  const ctx = { env: {} } as Context;
  return sourceRouting.want(
    { ctx, owner, namespaces },
    {
      addresses: [
        { prefix: Prefix.parse(`${address4}/24`), gateway: Ip.parse(gateway4) },
        { prefix: Prefix.parse(`${address6}/64`), gateway: Ip.parse(gateway6) },
      ],
      table: undefined,
      gateways: new Map(),
      sourceHints,
    },
  );
}

for (const ifName of ["eth0", "net1"]) {
  for (const hints of [false, true]) {
    const kind = hints ? " with source hints" : "";
    test(`taken back, ${ifName}${kind} is as it was, the order of routes included`, async () => {
      await lab.connect("eth0", "net1");
      const inside = ["ip", "-n", lab.container.name];
      // Routes to one place through both links; that of net1 is the last, or the first.
      const place = ["192.0.2.0/24", "via"];
      await must([...inside, "route", "append", ...place, "10.1.0.1", "dev", "eth0"]);
      await must([...inside, "route", "append", ...place, "10.2.0.1", "dev", "net1"]);
      const far = ["192.0.2.128/25", "via"];
      await must([...inside, "route", "append", ...far, "10.2.0.1", "dev", "net1"]);
      await must([...inside, "route", "append", ...far, "10.1.0.1", "dev", "eth0"]);
      await must([...inside, "route", "add", "203.0.113.0/24", "mtu", "1300", "dev", "net1"]);
      const before = await lab.everything();
      using namespaces = Namespaces.open(lab.container);
      await using rollback = new AsyncDisposableStack();
      piece(namespaces, ifName, hints).apply?.(rollback);
      expect(await lab.everything()).not.toEqual(before);
      await rollback.disposeAsync();
      expect(await lab.everything()).toEqual(before);
    });
  }
}
