// How set-up speaks: one line a step, on standard error, so that standard output stays a result's.

export function say(text: string): void {
  process.stderr.write(`setup: ${text}\n`);
}

/** Stops set-up with a sentence and what to do; exit code 2. */
export class SetupStop extends Error {
  override readonly name = "SetupStop";
}

/** Runs a set-up script's body and turns a stop into its sentence. */
export async function runSetup(body: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await body();
  } catch (error) {
    if (!(error instanceof SetupStop)) throw error;
    say(error.message);
    process.exitCode = 2;
  }
}
