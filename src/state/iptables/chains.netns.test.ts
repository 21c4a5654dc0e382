import { beforeEach, describe, expect, test } from "bun:test";
import { must, ownEnvironment } from "../../../tests/support/exec.ts";
import { requireOwnNamespaces } from "../../../tests/support/namespaces.ts";
import { needs } from "../../../tests/support/needs.ts";
import { startable } from "../../../tests/support/programs.ts";
import { Nftables } from "../../kernel/nftables/index.ts";
import {
  type ContainerChains,
  chainExists,
  hasTools,
  removeChains,
  restore,
  save,
} from "./index.ts";

requireOwnNamespaces();

const env = ownEnvironment();
const wanted: ContainerChains = { table: "nat", chains: ["OWN", "OLD"], from: ["TOP"] };

/** A chain with a rule, a shared chain that leads to it, and a neighbour's. */
const RULES = [
  "*nat",
  ":TOP - [0:0]",
  ":OWN - [0:0]",
  ":OTHER - [0:0]",
  "-A POSTROUTING -j TOP",
  "-A TOP -s 10.0.0.1 -j OWN",
  '-A TOP -s 10.0.0.2 -m comment --comment "of \\"OWN\\"" -j OTHER',
  "-A OWN -j MASQUERADE",
  "COMMIT",
  "",
].join("\n");

beforeEach(async () => {
  startable(["iptables"]);
  await must(["nft", "flush", "ruleset"]);
});

async function remove(chains: ContainerChains = wanted, path: object = {}): Promise<void> {
  using nft = Nftables.open();
  await removeChains(nft, chains, { ...env, ...path });
}

function rulesOf(saved: string): string[] {
  return saved.split("\n").filter((line) => /^-A (TOP|OWN|OTHER)/u.test(line));
}

describe("removing chains", () => {
  test("takes the chain and what leads to it, in both families, and nothing of others", async () => {
    for (const family of [4, 6] as const) {
      await restore(family, family === 4 ? RULES : RULES.replaceAll("10.0.0.", "fd00::"), { env });
    }
    await remove();
    for (const family of [4, 6] as const) {
      const saved = await save(family, "nat", { env });
      expect(saved).not.toContain(":OWN ");
      expect(rulesOf(saved)).toHaveLength(1);
      expect(rulesOf(saved)[0]).toEndWith("-j OTHER");
    }
    await remove();
  });

  test("needs no program where nftables holds the rules", async () => {
    await restore(4, RULES, { env });
    await remove(wanted, { PATH: "/nonexistent" });
    expect(await save(4, "nat", { env })).not.toContain(":OWN ");
  });

  test("is fine with nothing at all", async () => {
    await remove(wanted, { PATH: "/nonexistent" });
    expect((await must(["nft", "list", "ruleset"])).trim()).toBe("");
  });
});

test("a chain exists or does not, in either family", async () => {
  await restore(4, RULES, { env });
  using nft = Nftables.open();
  expect(await chainExists(nft, 4, "nat", "OWN", env)).toBe(true);
  expect(await chainExists(nft, 4, "nat", "OW", env)).toBe(false);
  expect(await chainExists(nft, 6, "nat", "OWN", env)).toBe(false);
});

test("programs are looked for on the caller's PATH", () => {
  expect(hasTools(4, { env })).toBe(true);
  expect(hasTools(6, { env: { PATH: "/nonexistent:/etc" } })).toBe(false);
  expect(hasTools(6, { env: {} })).toBe(false);
});

needs("iptables-legacy", "iptables-legacy-restore")(
  "chains of the kernel's old tables are found and removed, too",
  async () => {
    const tools = { env, legacy: true };
    await restore(4, RULES, tools);
    using nft = Nftables.open();
    expect(await chainExists(nft, 4, "nat", "OWN", env)).toBe(true);
    expect(await chainExists(nft, 4, "nat", "OWN", { PATH: "/nonexistent" })).toBe(false);
    await remove();
    const saved = await save(4, "nat", tools);
    expect(saved).not.toContain(":OWN ");
    expect(rulesOf(saved)).toHaveLength(1);
    expect(await chainExists(nft, 4, "nat", "OWN", env)).toBe(false);
  },
);
