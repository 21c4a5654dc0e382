import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { type Context, decode } from "../../src/plugin/index.ts";
import { parseConfig as bandwidth } from "../../src/plugins/bandwidth/config.ts";
import { parseConfig as bridge } from "../../src/plugins/bridge/config.ts";
import { parseConfig as cluster } from "../../src/plugins/cluster/config.ts";
import { parseConfig as dhcp } from "../../src/plugins/dhcp/config.ts";
import { parseConfig as dummy } from "../../src/plugins/dummy/config.ts";
import { parseConfig as firewall } from "../../src/plugins/firewall/config.ts";
import { parseConfig as hostDevice } from "../../src/plugins/host-device/config.ts";
import { parseConfig as hostLocal } from "../../src/plugins/host-local/config.ts";
import { parseConfig as ipvlan } from "../../src/plugins/ipvlan/config.ts";
import { schema as loopback } from "../../src/plugins/loopback/config.ts";
import { parseConfig as macvlan } from "../../src/plugins/macvlan/config.ts";
import { parseConfig as portmap } from "../../src/plugins/portmap/config.ts";
import { parseConfig as ptp } from "../../src/plugins/ptp/config.ts";
import { parseConfig as sbr } from "../../src/plugins/sbr/config.ts";
import { parseConfig as fixed } from "../../src/plugins/static/config.ts";
import { parseConfig as tap } from "../../src/plugins/tap/config.ts";
import { parseConfig as tuning } from "../../src/plugins/tuning/config.ts";
import { parseConfig as vlan } from "../../src/plugins/vlan/config.ts";
import { parseConfig as vrf } from "../../src/plugins/vrf/config.ts";
import {
  CniError,
  field,
  isObject,
  type JsonObject,
  type JsonValue,
  networkConfigFrom,
  printJson,
} from "../../src/spec/index.ts";
import type { Namespaces } from "../../src/state/namespaces/index.ts";
import { documents } from "../../tools/schemas/documents.ts";

/** What our parsers and our schemas say of the same configuration. */

/** No plugin needs a namespace for what is asked here. */
const NAMESPACES = {} as Namespaces;

const PARSERS: Readonly<Record<string, (ctx: Context) => unknown>> = {
  ...{
    bandwidth,
    bridge,
    cluster,
    dhcp,
    dummy,
    firewall,
    ipvlan,
    portmap,
    ptp,
    sbr,
    tap,
    tuning,
    vlan,
    vrf,
  },
  "host-device": hostDevice,
  "host-local": hostLocal,
  loopback: ({ config }) => decode(loopback, config),
  macvlan: (ctx) => macvlan(ctx, NAMESPACES),
  static: fixed,
};

export const TYPES: readonly string[] = Object.keys(PARSERS);

/** Why the parsers refuse a network; undefined when they take it. */
export function refusal(network: JsonValue): string | undefined {
  try {
    const { plugins } = networkConfigFrom(network, printJson(network));
    for (const { json, type } of plugins) judgePlugin(type, json);
    return undefined;
  } catch (thrown) {
    return CniError.from(thrown).message;
  }
}

/** As STATUS judges it, which looks at the configuration alone; and the IPAM plugin judges its part. */
function judgePlugin(type: string, config: JsonObject): void {
  const parse = PARSERS[type];
  parse?.({
    ...{ operation: "STATUS", network: "net", cniVersion: "1.1.0", containerId: "", netns: "" },
    ...{ ifName: "", args: [], rawArgs: "", path: [], config, stdin: printJson(config), env: {} },
  } as unknown as Context);
  judgeIpam(config, type);
}

function judgeIpam(config: JsonObject, caller: string): void {
  const ipam = field(config, "ipam");
  const type = isObject(ipam) ? field(ipam, "type") : undefined;
  const delegates = DELEGATING.has(caller);
  if (delegates && typeof type === "string" && IPAM.has(type)) judgePlugin(type, config);
}

const IPAM: ReadonlySet<string> = new Set(["cluster", "dhcp", "host-local", "static"]);
const DELEGATING: ReadonlySet<string> = new Set([
  "bridge",
  "dummy",
  "host-device",
  "ipvlan",
  "macvlan",
  "ptp",
  "tap",
  "vlan",
]);

const written = await documents();

/** A standard validator for one of the schemas, by its path below schemas/. */
export function validatorOf(path: string): ValidateFunction {
  const schema = written.get(`schemas/${path}`);
  if (schema === undefined) throw new Error(`there is no schemas/${path}`);
  const ajv = new Ajv2020({
    strict: true,
    strictRequired: false,
    strictTypes: false,
    allErrors: false,
  });
  return ajv.compile(schema);
}

const conflist = validatorOf("conflist.schema.json");

/** What the schema of networks misses; undefined when it takes it. */
export function objection(network: JsonValue): string | undefined {
  // A validator knows plain numbers alone.
  if (conflist(JSON.parse(printJson(network)))) return undefined;
  const at = (conflist.errors ?? []).filter(({ keyword }) => keyword !== "if");
  return at.map(({ instancePath, message }) => `${instancePath} ${message ?? ""}`).join("; ");
}
