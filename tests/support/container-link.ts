import { Ip, Prefix } from "../../src/addr/index.ts";
import { address, route } from "../../src/kernel/route/index.ts";
import type { IpConfig, Result } from "../../src/spec/index.ts";
import { emptyResult } from "../../src/spec/index.ts";
import type { Namespaces } from "../../src/state/namespaces/index.ts";

/** What an earlier plugin gave to the container of this number. */
export function earlierResult(number: 1 | 2): Result {
  const ips: IpConfig[] = [
    { address: `10.1.0.1${number}/24`, gateway: "10.1.0.1", interface: 0 },
    { address: `10.2.0.1${number}/24`, gateway: "10.2.0.1", interface: 0 },
  ];
  const interfaces = [{ name: "eth0", sandbox: `/run/netns/${number === 1 ? "one" : "two"}` }];
  return { ...emptyResult("1.1.0"), interfaces, ips, routes: [{ dst: "0.0.0.0/0" }] };
}

/** Makes the link of that result, as an earlier plugin would, with the routes of its addresses. */
export function makeEarlierLink(namespaces: Namespaces, number: 1 | 2): void {
  const { container, containerLinks } = namespaces;
  const index = containerLinks.add({ name: "eth0", kind: "dummy", up: true });
  for (const { address: text } of earlierResult(number).ips) {
    const prefix = Prefix.parse(text);
    address.add(container, { index, prefix });
    // The kernel makes these by itself.
    route.add(container, { dst: prefix.network(), index, source: prefix.ip, scope: 253 });
  }
  route.add(container, { dst: Prefix.parse("0.0.0.0/0"), gateway: Ip.parse("10.1.0.1"), index });
}
