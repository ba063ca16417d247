// Keeps a view that breaks from taking the window with it.
import { Component, type ReactNode } from "react";
import { FailureNote } from "./notice.tsx";

export class Boundary extends Component<{ name: string; children: ReactNode }, { error: Error | undefined }> {
  override state: { error: Error | undefined } = { error: undefined };

  static getDerivedStateFromError(error: Error): { error: Error } {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (!error) return this.props.children;
    const failure = {
      code: "internal" as const,
      message: `${this.props.name} broke: ${error.message}`,
      remedy: "Nothing is lost. This is a bug in BotMojo.",
    };
    return (
      <FailureNote failure={failure}>
        <button type="button" className="button" onClick={() => this.setState({ error: undefined })}>
          Show it again
        </button>
      </FailureNote>
    );
  }
}
