/** How the page stands to what it reads from. */
export type Connection =
  | { readonly kind: "connecting" }
  | { readonly kind: "live" }
  /** The stream is gone; what is shown is of `since`, and the next try is at `retryAt`. */
  | {
      readonly kind: "stale";
      readonly since: number;
      readonly failures: number;
      readonly retryAt: number;
    }
  | { readonly kind: "forbidden" }
  | { readonly kind: "report" };
