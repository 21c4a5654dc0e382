/**
 * What the pure rooms may use beyond the language itself: globals that compute and touch nothing.
 * They have `types: []`, so that all other globals are compile errors there.
 */

declare class TextEncoder {
  encode(input?: string): Uint8Array<ArrayBuffer>;
}

declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(input?: Uint8Array | ArrayBuffer): string;
}

declare function structuredClone<T>(value: T): T;

/** Says that a caller has given up; it starts nothing by itself. */
declare class AbortSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  static any(signals: Iterable<AbortSignal>): AbortSignal;
  throwIfAborted(): void;
  addEventListener(type: "abort", listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

declare class AbortController {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
}
