import { defined } from "../base/index.ts";
import type { RuntimeOptions } from "./options.ts";

/**
 * The options with callbacks that cannot fail an operation: what one throws, as on a full disk, would
 * pass for the plugin's own error, and keep an ADD from being taken back.
 */
export function withQuietObservers(options: RuntimeOptions): RuntimeOptions {
  const { onPluginStart, onPlugin, onStep, onStderr, onWarning } = options;
  return {
    ...options,
    ...defined({
      onPluginStart: quiet(onPluginStart),
      onPlugin: quiet(onPlugin),
      onStep: quiet(onStep),
      onStderr: quiet(onStderr),
      onWarning: quiet(onWarning),
    }),
  };
}

function quiet<Told extends unknown[]>(
  observer: ((...told: Told) => void) | undefined,
): ((...told: Told) => void) | undefined {
  if (observer === undefined) return undefined;
  return (...told) => {
    try {
      observer(...told);
    } catch {
      // Nothing is left to report it by.
    }
  };
}
