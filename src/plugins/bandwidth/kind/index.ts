export { DEFAULT_LATENCY, type Limit } from "./bucket.ts";
export { BucketStep } from "./bucket-step.ts";
export { collectBandwidth } from "./gc.ts";
export { hostEnd, hostEndsLeft } from "./host-end.ts";
export { IfbStep } from "./ifb-step.ts";
export { RedirectStep } from "./redirect-step.ts";
export { verifyKernel } from "./status.ts";
