import { dirname } from "node:path";
import { InProcessExecutor, ProcessExecutor } from "../../src/invoke/index.ts";
import { PLUGINS, traitsOf } from "../../src/plugins/registry/index.ts";
import { Runtime, type RuntimeConf } from "../../src/runtime/index.ts";
import { type JsonObject, parseNetworkConfig } from "../../src/spec/index.ts";
import type { AttachmentParameters } from "../../tests/support/chain.ts";
import { dbnet } from "../../tests/support/dbnet.ts";
import type { Subject } from "./subject.ts";

/** The chain run by our runtime with our plugins as functions of the same process. */
export function inProcess(
  dir: string,
  attachment: AttachmentParameters,
  dualStack = false,
): Subject {
  const runtime = runtimeOf(dir);
  const list = parseNetworkConfig(JSON.stringify(dbnet({ dualStack })));
  const conf: RuntimeConf = {
    containerId: attachment.containerId,
    netns: attachment.netns,
    ifName: attachment.ifName,
    capabilityArgs: (attachment.capabilityArgs ?? {}) as JsonObject,
  };
  return {
    add: async () => {
      await runtime.add(list, conf);
    },
    del: () => runtime.del(list, conf),
  };
}

/** Our runtime, with the plugins of a directory as functions of this process. */
export function runtimeOf(dir: string): Runtime {
  const executor = new InProcessExecutor({
    plugins: async (type) => (await PLUGINS.get(type)?.())?.entry,
    isOwn: (path) => dirname(path) === dir,
    traits: traitsOf,
    fallback: new ProcessExecutor(),
  });
  return new Runtime({ pluginDirs: [dir], executor });
}
