import type { Surroundings } from '../../cli/context.ts';
import { exitCodeOf, messageOf } from '../../cli/errors.ts';
import { plain } from '../../cli/print/style.ts';
import { createProgram } from '../../cli/program.ts';
import { type GitFolder, openGitFolder } from '../review/git-folder.ts';
import { ScriptedModel } from '../support/scripted-model.ts';
import { ROOT } from './support.ts';

export interface Reviewed {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly data: unknown;
}

/** A repository and a scripted model. */
export class ReviewBench {
  readonly git: GitFolder = openGitFolder();
  readonly model: ScriptedModel;

  private constructor(model: ScriptedModel) {
    this.model = model;
  }

  static async open(): Promise<ReviewBench> {
    return new ReviewBench(await ScriptedModel.start());
  }

  async close(): Promise<void> {
    this.git.close();
    await this.model.close();
  }

  /** The next answers of the model, whatever the stage. */
  answers(...values: readonly unknown[]): void {
    this.model.play(values.map((value) => ({ content: JSON.stringify(value) })));
  }

  async review(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    folder = this.git.folder,
  ): Promise<Reviewed> {
    const lines: string[] = [];
    let outcome = { text: '', exitCode: -1, data: undefined as unknown };
    const surroundings: Surroundings = {
      folder,
      toolkit: ROOT,
      env: {
        ...{ PATH: process.env.PATH, HOME: this.git.folder, GIT_CONFIG_GLOBAL: '/dev/null' },
        ...{ OPENAI_BASE_URL: this.model.baseUrl, OPENAI_API_KEY: 'review-key', ...env },
      },
      progress: (line) => lines.push(line),
      readInput: async () => '',
      onInterrupt: () => () => undefined,
      now: Date.now,
      sleep: async () => undefined,
    };
    const program = createProgram({
      ...{ version: '0.0.0', paint: plain, print: (line: string) => lines.push(line) },
      run: async (command) => {
        outcome = await command(surroundings);
      },
    });
    const end = await program.parseAsync(['review', ...args], { from: 'user' }).then(
      () => ({ code: outcome.exitCode, stdout: outcome.text }),
      (error: unknown) => {
        lines.push(messageOf(error));
        return { code: exitCodeOf(error), stdout: '' };
      },
    );
    return { ...end, data: outcome.data, stderr: lines.join('\n') };
  }
}
