import { Component, type ComponentChildren, type VNode } from "preact";
import { Text } from "../parts/text.tsx";

/** A fault of one view does not take the others with it. */
export class Guard extends Component<{ children: ComponentChildren }, { fault?: string }> {
  static override getDerivedStateFromError(fault: unknown): { fault: string } {
    return { fault: fault instanceof Error ? fault.message : String(fault) };
  }

  override render(): VNode {
    const { fault } = this.state;
    if (fault === undefined) return <>{this.props.children}</>;
    return (
      <div class="notice bad" role="alert">
        <p>
          <strong>This view could not be drawn.</strong> That is a fault of Hawser, please report
          it:
        </p>
        <p>
          <code>
            <Text of={fault} max={500} />
          </code>
        </p>
      </div>
    );
  }
}
