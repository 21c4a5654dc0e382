/** A fleet as its nodes' API and page show it: with tunnels that stand, and with a store that is away. */
import { expect, setDefaultTimeout } from "bun:test";
import type { FleetForm, FleetsForm, NodeForm } from "../../src/forms/index.ts";
import { TestBrowser } from "../support/browser.ts";
import { EXECUTABLE } from "../support/daemon.ts";
import { must } from "../support/exec.ts";
import { type FleetNode, fleetNetwork } from "../support/fleet-lab.ts";
import { formProblems } from "../support/forms.ts";
import { patient } from "../support/patience.ts";
import { Ui } from "../support/ui.ts";
import { until } from "../support/until.ts";
import { begin, fleet, fleetTest, held, isReady } from "./daemons.ts";

setDefaultTimeout(patient(180_000));

const UI_SOCKET = "/run/ui.sock";

/** What the node's daemon answers. */
async function read<T>(node: FleetNode, path: string): Promise<T> {
  const unix = node.path("/run/hawser/status.sock");
  const answer = await fetch(`http://daemon/api/1/${path}`, { unix });
  expect([path, answer.status]).toEqual([path, 200]);
  return (await answer.json()) as T;
}

async function fleetOf(node: FleetNode): Promise<FleetForm> {
  const answer = await read<FleetsForm>(node, "fleet");
  expect(formProblems("fleets", answer)).toEqual([]);
  expect([answer.fleets.length, answer.problems]).toEqual([1, []]);
  return answer.fleets[0] as FleetForm;
}

/** The other end of a connection, and what came before it was there. */
interface Way {
  readonly early: Uint8Array[];
  there?: Bun.Socket;
}

/** A port of this process's loopback address that leads to a Unix socket, as `ssh -L` makes one. */
function leadTo(unix: string): Bun.TCPSocketListener<Way> {
  return Bun.listen<Way>({
    ...{ hostname: "127.0.0.1", port: 0, data: { early: [] } },
    socket: {
      async open(here) {
        here.data = { early: [] };
        const there = await Bun.connect({
          unix,
          socket: {
            data: (_, bytes) => void here.write(bytes),
            close: () => void here.end(),
          },
        });
        for (const bytes of here.data.early) there.write(bytes);
        here.data.there = there;
      },
      data(here, bytes) {
        if (here.data.there === undefined) here.data.early.push(bytes);
        else here.data.there.write(bytes);
      },
      close: (here) => void here.data.there?.end(),
    },
  });
}

fleetTest("a fleet's nodes, blocks and tunnels are seen, and that its store is away", async () => {
  await using all = await fleet(2);
  const [one, two] = all.nodes as [FleetNode, FleetNode];
  const list = fleetNetwork({ store: all.store, overlay: "host-gw", ipam: { lease: "2s" } });
  await begin(all.nodes, list);
  for (const node of all.nodes) await until("it is ready", async () => await isReady(node));
  for (const node of all.nodes) await node.attach(list, "c1");
  await until("the tunnel of the other stands", async () => {
    const { tunnels } = await fleetOf(one);
    return JSON.stringify(tunnels[0]?.prefixes) === JSON.stringify(held(two));
  });
  const seen = await fleetOf(one);
  expect(seen.tunnels).toEqual([{ node: two.name, underlay: two.address4, prefixes: held(two) }]);
  const states = seen.nodes?.map(({ node, state, holds }) => [node, state, holds]);
  expect(states?.toSorted()).toEqual([
    [one.name, "alive", held(one)],
    [two.name, "alive", held(two)],
  ]);
  const owners = seen.blocks?.map(({ node, prefix }) => [node, prefix]);
  expect(owners?.toSorted()).toEqual([
    [one.name, ...held(one)],
    [two.name, ...held(two)],
  ]);
  expect([seen.overlay, seen.away, seen.side.blocks]).toEqual(["host-gw", undefined, held(one)]);

  await all.etcd.members[0]?.kill();
  await until("the store is away", async () => (await fleetOf(one)).away !== undefined);
  const away = await fleetOf(one);
  expect([away.nodes, away.blocks]).toEqual([undefined, undefined]);
  // What the kernel has stands; only the store has the names of nodes.
  expect(away.tunnels).toEqual(
    seen.tunnels.map((tunnel) => ({ ...tunnel, node: tunnel.underlay })),
  );
  if (Bun.which("chromium") !== null) await lookAtPage(one, away);
});

/** The page of a program that runs on the node, while the store is away. */
async function lookAtPage(node: FleetNode, { tunnels }: FleetForm): Promise<void> {
  await must(["ip", "link", "set", "lo", "up"]);
  await using ui = await Ui.start({
    program: [...node.entering, EXECUTABLE],
    words: ["--socket", UI_SOCKET],
    env: { NETCONFPATH: "/run/conf" },
  });
  const forward = leadTo(node.path(UI_SOCKET));
  try {
    const origin = `http://127.0.0.1:${forward.port}`;
    const headers = { authorization: `Bearer ${ui.token}` };
    const answer = await fetch(`${origin}/api/1/node`, { headers });
    expect(((await answer.json()) as NodeForm).daemon).toBe("ready");
    await using browser = await TestBrowser.start();
    await using window = await browser.window();
    const { page } = window;
    await page.goto(`${origin}/#token=${ui.token}`);
    await page.getByRole("link", { name: "Fleet" }).click();
    await page.getByText("The store does not answer").first().waitFor();
    for (const { underlay, prefixes } of tunnels) {
      const row = page.getByRole("row").filter({ hasText: prefixes[0] ?? "none" });
      await row.filter({ hasText: underlay }).first().waitFor();
    }
    expect(await window.inaccessible()).toEqual([]);
    expect(window.take()).toEqual([]);
  } finally {
    forward.stop(true);
  }
}
