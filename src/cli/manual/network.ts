import { PLUGINS, schemaOf } from "../../plugins/registry/index.ts";
import { keysOf } from "./keys.ts";
import { LEADS } from "./leads.ts";
import { entry, head, marked, sentence, verbatim } from "./troff.ts";

/** hawser-conflist(5): the files that configure networks, with the keys of every plugin. */

const EXAMPLE = `{
  "$schema": "https://hawser.dev/schemas/conflist.schema.json",
  "cniVersion": "1.0.0",
  "name": "dbnet",
  "plugins": [
    {
      "type": "bridge",
      "isGateway": true,
      "ipMasq": true,
      "ipam": { "type": "host-local", "ranges": [[{ "subnet": "10.1.0.0/16" }]] }
    },
    { "type": "portmap", "capabilities": { "portMappings": true } }
  ]
}`;

/** The same file on every node; examples/cluster/pods.conflist has it with comments. */
const FLEET = `{
  "$schema": "https://hawser.dev/schemas/conflist.schema.json",
  "cniVersion": "1.1.0",
  "name": "pods",
  "plugins": [
    {
      "type": "ptp",
      "ipMasq": true,
      "mtu": 1450,
      "ipam": {
        "type": "cluster",
        "subnet": "10.42.0.0/16",
        "blockSize": 26,
        "overlay": "vxlan",
        "store": {
          "etcd": {
            "endpoints": [
              "https://192.0.2.11:2379",
              "https://192.0.2.12:2379",
              "https://192.0.2.13:2379"
            ],
            "tls": {
              "ca": "/etc/hawser/ca.pem",
              "cert": "/etc/hawser/node.pem",
              "key": "/etc/hawser/node.key"
            }
          }
        }
      }
    },
    { "type": "portmap", "capabilities": { "portMappings": true } }
  ]
}`;

/** What stands in a list beside the keys of plugins. */
const LIST: readonly (readonly [key: string, meaning: string])[] = [
  [
    "name",
    "Of the network: letters, digits, `_`, `.` and `-`, the first of them a letter or a digit. Required.",
  ],
  ["cniVersion", "Version of the specification, such as 1.0.0; without it, 0.1.0."],
  [
    "cniVersions",
    "Further versions that the file is good for: runtimes take the highest that they know.",
  ],
  ["plugins", "The plugins in the order of ADD; DEL goes from the last to the first."],
  ["disableCheck", "CHECK does nothing and succeeds."],
  ["disableGC", "GC does nothing and succeeds."],
  [
    "loadOnlyInlinedPlugins",
    "Plugins of files in the directory NAME.d do not belong to the network.",
  ],
];

const PLUGIN: readonly (readonly [key: string, meaning: string])[] = [
  ["type", "Name of the plugin's executable. Required."],
  ["capabilities", "What the runtime may fill in under `runtimeConfig`, such as `portMappings`."],
  ["args", "Arguments by convention, such as `args.cni`."],
];

export async function networkPage(version: string): Promise<string> {
  const plugins: string[] = [];
  for (const type of [...PLUGINS.keys()].sort()) plugins.push(...(await pluginPart(type)));
  const lines = [
    ...head("hawser-conflist", 5, version, "the files that configure networks of containers"),
    ".SH DESCRIPTION",
    "A network is a file in /etc/cni/net.d. One that ends in .conflist holds a list of plugins; one",
    "that ends in .conf or .json holds a single plugin. A runtime takes the first file by its name.",
    "Unknown keys are overlooked, and so is $schema, by which an editor knows the keys;",
    "hawser\\-validate(1) names them.",
    ".SH EXAMPLES",
    "Containers of this machine on a bridge, with ports of the machine:",
    ...verbatim(EXAMPLE),
    ".PP",
    "A fleet: one network on several machines, whose blocks of addresses are in etcd, and whose packets",
    "find the other machine by VXLAN. The file is the same on each of them:",
    ...verbatim(FLEET),
    ".PP",
    "hawser\\-cluster(1) sets it up and looks after it.",
    ".SH KEYS OF A LIST",
    ...LIST.flatMap(([key, meaning]) => entry(key, meaning)),
    ".SH KEYS OF EVERY PLUGIN",
    ...PLUGIN.flatMap(([key, meaning]) => entry(key, meaning)),
    ".SH PLUGINS",
    ...plugins,
    ".SH SEE ALSO",
    ".BR hawser (1),",
    ".BR hawser\\-validate (1)",
  ];
  return `${lines.join("\n")}\n`;
}

async function pluginPart(type: string): Promise<string[]> {
  const schema = await schemaOf(type);
  const rows = schema === undefined ? [] : keysOf(schema);
  const lead = LEADS.get(type) ?? "";
  return [
    `.SS ${type}`,
    marked(lead),
    ...rows.flatMap(({ key, type: kind, fallback, required, meaning }) => {
      const absent = required
        ? "; required"
        : fallback === undefined
          ? ""
          : `; ${fallback} when absent`;
      return entry(key, `${sentence(meaning)} (${kind.replaceAll("`", "")}${absent})`);
    }),
  ];
}
