import { Prefix } from "../../addr/index.ts";
import type { Context } from "../../plugin/index.ts";
import { CniError, ErrorCode, type Result } from "../../spec/index.ts";
import type { Step } from "../../state/index.ts";
import type { Namespaces } from "../../state/namespaces/index.ts";
import { type FirewallConfig, type NamedBackend, parseLeniently } from "./config.ts";
import {
  type Firewall,
  type FirewallBackend,
  FirewallStep,
  isFirewalldRunning,
  removal,
} from "./kind/index.ts";

/** What ADD makes and CHECK verifies. */
export async function firewallSteps(
  ctx: Context,
  config: FirewallConfig,
  prevResult: Result,
  namespaces: Namespaces,
): Promise<Step[]> {
  const bridge = bridgeOf(prevResult);
  if (config.ingressPolicy !== "open" && bridge === undefined) {
    throw new CniError(
      ErrorCode.INVALID_NETWORK_CONFIG,
      `interface needs to be set for ingress policy ${JSON.stringify(config.ingressPolicy)}`,
      { details: "the previous result names no bridge of the host" },
    );
  }
  const { addresses } = sceneOf(ctx, prevResult);
  if (addresses.length === 0) return [];
  const settings = { ...config, backend: await chooseBackend(config.backend, ctx.env) };
  const scene = { ...sceneOf(ctx, prevResult), namespaces, bridge };
  return [new FirewallStep({ ...scene, settings, log: (text) => ctx.log(text) })];
}

/** What DEL undoes; the result, where there is one, tells it what identity cannot. */
export function removalStep(ctx: Context, namespaces: Namespaces): Step {
  const { prevResult } = ctx;
  const bridge = prevResult && bridgeOf(prevResult);
  const config = parseLeniently(ctx);
  const backend = config.backend === "auto" ? "firewalld" : config.backend;
  return removal({ ...sceneOf(ctx, prevResult), namespaces, bridge }, { ...config, backend });
}

/** The backend that ADD would use now. */
export async function chooseBackend(
  named: NamedBackend,
  env: Context["env"],
): Promise<FirewallBackend> {
  if (named !== "auto") return named;
  return (await isFirewalldRunning(env)) ? "firewalld" : "own";
}

function sceneOf(
  ctx: Context,
  result: Result | undefined,
): Pick<Firewall, "owner" | "env" | "addresses"> {
  const { network, containerId, ifName, env } = ctx;
  const addresses = (result?.ips ?? []).map(({ address }) => Prefix.parse(address).ip);
  const distinct = [...new Map(addresses.map((ip) => [ip.toString(), ip])).values()];
  return { owner: { network, containerId, ifName }, env, addresses: distinct };
}

/** The first interface of the result, when it is the host's: that is where `bridge` names it. */
function bridgeOf({ interfaces }: Result): string | undefined {
  const [first] = interfaces;
  const isHosts = first !== undefined && (first.sandbox ?? "") === "" && first.name !== "";
  return isHosts ? first.name : undefined;
}
