import type { VNode } from "preact";

export function DoctorView(): VNode {
  return <h1>doctor</h1>;
}
