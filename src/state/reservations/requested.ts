import { Ip, Prefix } from "../../addr/index.ts";
import { type Context, loadArgs } from "../../plugin/index.ts";
import { CniError, ErrorCode } from "../../spec/index.ts";
import { requestedTexts } from "../ipam-config/index.ts";
import type { RequestedIp } from "./allocate.ts";

/**
 * The addresses that a call asks for.
 * @param known arguments in CNI_ARGS that the plugin reads beside `IP`
 * @throws CniError of code 4 for CNI_ARGS, of code 7 for the configuration
 */
export function requestedIps(ctx: Context, known: readonly string[] = []): RequestedIp[] {
  const argument = loadArgs(ctx.args, ["IP", ...known])["IP"];
  const fromArgs: RequestedIp[] = [];
  if (argument !== undefined && argument !== "") {
    const code = ErrorCode.INVALID_ENVIRONMENT_VARIABLES;
    fromArgs.push({ ip: parseRequested(argument, "CNI_ARGS", code), from: "CNI_ARGS", code });
  }
  const listed = (ips: readonly string[], from: string): RequestedIp[] => {
    const code = ErrorCode.INVALID_NETWORK_CONFIG;
    return ips.map((ip) => ({ ip: parseRequested(ip, from, code), from, code }));
  };
  const texts = requestedTexts(ctx);
  const all = [
    ...fromArgs,
    ...listed(texts.fromArgs, "args.cni.ips"),
    ...listed(texts.fromRuntime, "runtimeConfig.ips"),
  ];
  // Runtimes say the same in several ways: podman sends CNI_ARGS and the capability.
  return all.filter(({ ip }, at) => all.findIndex((other) => other.ip.equals(ip)) === at);
}

/** `<ip>` or `<ip>/<length>`; the length does not matter, the range's subnet has one. */
function parseRequested(value: string, from: string, code: number): Ip {
  const ip = value.includes("/") ? Prefix.tryParse(value)?.ip : Ip.tryParse(value);
  if (ip !== undefined) return ip;
  throw new CniError(code, `cannot understand ip: ${value}`, {
    details: `asked for by ${from}; expected an address, or an address and a prefix length`,
  });
}
