/** A node whose plugins are those in Go: the page shows it as well, and changes nothing. */
import { expect, setDefaultTimeout } from "bun:test";
import type {
  AttachmentDetailForm,
  AttachmentsForm,
  FormName,
  PathForm,
  PortsForm,
  RangesForm,
  RulesForm,
} from "../../src/forms/index.ts";
import { must } from "../support/exec.ts";
import { formProblems } from "../support/forms.ts";
import { needs } from "../support/needs.ts";
import { debianPlugins } from "../support/plugin-sets.ts";
import { WEB } from "../support/ui-cast.ts";
import { goTo, uiStage } from "./stage.ts";

setDefaultTimeout(120_000);

const PLUGINS = debianPlugins();
const needed = needs("chromium", "/usr/lib/cni/bridge", "iptables");

const stage = uiStage(async (node) => {
  if (PLUGINS.missing !== undefined) return;
  node.network({ ...WEB, cniVersion: "1.0.0" });
  const own = { network: "web", space: "shop" };
  await node.addFast({ ...own, container: "front", pod: "front-0", ports: [[8080, 80]] });
  await node.addFast({ ...own, container: "search", pod: "search-0" });
  await node.setDown("search");
}, PLUGINS.dir);

needed("attachments, ports, ranges and what is wrong are those of the Go plugins", async () => {
  const before = await must(["ip", "-br", "link"]);
  await using window = await stage.show("/attachments");
  const { page } = window;
  await page.getByRole("link", { name: "shop/front-0" }).waitFor();
  await page.getByRole("link", { name: "shop/search-0" }).click();
  await page.getByText("is down").first().waitFor();
  await goTo(window, "/ports");
  await page.getByText("8080").first().waitFor();
  await goTo(window, "/ranges");
  await page.getByText("10.10.0.0/24").first().waitFor();
  await goTo(window, "/map");
  await page.locator("[data-node]").filter({ hasText: "shop/front-0" }).first().waitFor();
  await goTo(window, "/doctor");
  await page.getByText("is down").first().waitFor();
  expect(window.take()).toEqual([]);
  expect(await must(["ip", "-br", "link"])).toBe(before);
});

needed("the API answers in its forms, and knows what the Go plugins have made", async () => {
  const { origin, token } = stage.server;
  const read = async <T>(path: string, form: FormName): Promise<T> => {
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch(`${origin}/api/1/${path}`, { headers });
    const value = (await answer.json()) as T;
    expect([path, answer.status, formProblems(form, value)]).toEqual([path, 200, []]);
    return value;
  };
  const { attachments } = await read<AttachmentsForm>("attachments", "attachments");
  expect(attachments.map(({ containerId, state }) => [containerId, state])).toEqual([
    ["front", "ok"],
    ["search", "drift"],
  ]);
  const address = attachments[0]?.addresses[0]?.split("/")[0] ?? "";
  expect(attachments[0]?.sources.toSorted()).toEqual(["cache", "reservation"]);
  const detail = await read<AttachmentDetailForm>("attachments/web/front/eth0", "attachmentDetail");
  expect(detail.inside?.addresses).toContain(`${address}/24`);
  const { rules } = await read<RulesForm>("rules", "rules");
  const owned = rules.filter(({ owner }) => owner?.containerId === "front");
  expect(owned.length).toBeGreaterThan(0);
  // The same rules, whether they are asked for by their owner or all at once.
  expect(detail.rules.toSorted(byPlace)).toEqual(
    owned.map(({ place, text }) => ({ place, text })).toSorted(byPlace),
  );
  const { ports } = await read<PortsForm>("ports", "ports");
  expect(ports).toMatchObject([
    {
      hostPort: 8080,
      containerPort: 80,
      address,
      state: "mapped",
      sources: ["iptables", "attachment"],
    },
  ]);
  const way = await read<PathForm>("path?port=8080", "path");
  expect([way.broken, way.steps.length > 1]).toEqual([undefined, true]);
  const { ranges } = await read<RangesForm>("ranges", "pools");
  expect(ranges.map(({ network, inUse }) => [network, inUse])).toEqual([["web", 2]]);
  for (const [path, form] of [
    ...([
      ["node", "node"],
      ["networks", "networks"],
      ["links", "links"],
      ["map", "map"],
    ] as const),
    ...([
      ["findings", "findings"],
      ["fleet", "fleets"],
      ["ranges/0", "poolMap"],
    ] as const),
  ] as const) {
    await read(path, form);
  }
});

type Placed = AttachmentDetailForm["rules"][number];

function byPlace(one: Placed, other: Placed): number {
  return `${one.place} ${one.text}` < `${other.place} ${other.text}` ? -1 : 1;
}
