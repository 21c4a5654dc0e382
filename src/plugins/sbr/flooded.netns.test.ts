import { expect, test } from "bun:test";
import { failOnLeakedDescriptors } from "../../../tests/support/descriptors.ts";
import { routingLab } from "../../../tests/support/routing-lab.ts";
import { Prefix } from "../../addr/index.ts";
import { Netns } from "../../kernel/netns/index.ts";
import { LIST_LIMIT, link, RouteSocket, route, rule } from "../../kernel/route/index.ts";
import { plugin } from "./index.ts";

failOnLeakedDescriptors();

const RULES = 2_000;

const lab = routingLab();

/** What a container may do to itself: more routes than a list may have, and many rules. */
function flood(netnsPath: string, ifName: string, table: number): void {
  using netns = Netns.open(netnsPath);
  using socket = RouteSocket.open(netns);
  const index = link.get(socket, { name: ifName })?.index;
  const place = (at: number): Prefix =>
    Prefix.parse(`11.${at >> 16}.${(at >> 8) & 255}.${at & 255}/32`);
  const scope = route.RT_SCOPE_LINK;
  const routes = Array.from({ length: LIST_LIMIT.kept + 1 }, (_, at) =>
    route.newMessage({ dst: place(at), index, table, scope }),
  );
  socket.batch(routes);
  const rules = Array.from({ length: RULES }, (_, at) =>
    rule.newMessage({ family: 4, from: place(at), table: 7 }),
  );
  socket.batch(rules);
}

test("case S8, kind: a container full of its own routes and rules is checked, and DEL removes what ADD made", async () => {
  await lab.connect("net1");
  await lab.succeed(plugin, "ADD", "net1");
  flood(lab.container.netns, "net1", 100);
  await lab.succeed(plugin, "CHECK", "net1");
  await lab.succeed(plugin, "DEL", "net1");
  expect((await lab.rules()).filter(({ table }) => table !== "7")).toEqual([]);
  const table = await lab.routes(100, 4);
  expect(table.filter((line) => !line.startsWith("11."))).toEqual([]);
}, 60_000);
