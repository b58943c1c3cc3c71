import { mkdirSync } from 'node:fs';
import { vi } from 'vitest';
import type { Surroundings } from '../../cli/context.ts';
import { exitCodeOf, messageOf } from '../../cli/errors.ts';
import { plain } from '../../cli/print/style.ts';
import { createProgram } from '../../cli/program.ts';
import { ScriptedModel } from '../support/scripted-model.ts';
import { openWorkplace, ROOT, type Workplace } from './support.ts';

export const REQUEST = 'Terraform for an S3 bucket named my-data';
export const BUCKET = { calls: [{ name: 'create_s3_bucket', arguments: { bucket: 'my-data' } }] };

export interface Asked {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly data: unknown;
}

interface Place {
  readonly env?: Readonly<Record<string, string>>;
  readonly folder?: string;
  readonly input?: string;
}

/** A project, a scripted model, and a Terraform that finds everything valid unless told otherwise. */
export class AskBench {
  readonly model: ScriptedModel;
  readonly workplace: Workplace;
  /** The temporary folder of what runs here. */
  readonly temporary: string;

  private constructor(model: ScriptedModel) {
    this.model = model;
    this.workplace = openWorkplace();
    this.temporary = this.workplace.path('tmp');
    mkdirSync(this.temporary);
    vi.stubEnv('TMPDIR', this.temporary);
    this.terraform('exit 0', `echo '{"valid":true,"diagnostics":[]}'`);
    model.play([BUCKET]);
  }

  static async open(): Promise<AskBench> {
    return new AskBench(await ScriptedModel.start());
  }

  async close(): Promise<void> {
    vi.unstubAllEnvs();
    await this.model.close();
    await this.workplace.close();
  }

  /** Variables that lead to the scripted model. */
  get host() {
    return { OPENAI_BASE_URL: this.model.baseUrl, OPENAI_API_KEY: 'ask-key', TMPDIR: this.temporary };
  }

  /** Puts a Terraform on the PATH of which `init` and `validate` are given. */
  terraform(init: string, validate: string): void {
    this.workplace.program(
      'terraform',
      `#!/bin/sh\ncase "$1" in\n  init) ${init} ;;\n  validate) ${validate} ;;\nesac\n`,
    );
  }

  ask(...args: readonly string[]): Promise<Asked> {
    return this.askAt({}, ...args);
  }

  /** The command line as `main.ts` runs it, in this process. */
  async askAt({ env = this.host, folder, input = '' }: Place, ...args: readonly string[]): Promise<Asked> {
    const lines: string[] = [];
    let outcome = { text: '', exitCode: -1, data: undefined as unknown };
    const { workplace } = this;
    const surroundings: Surroundings = {
      folder: folder ?? workplace.project,
      toolkit: ROOT,
      env: { ...process.env, PATH: `${workplace.bin}:${process.env.PATH}`, ...env },
      progress: (line) => lines.push(line),
      readInput: async () => input,
      onInterrupt: () => () => undefined,
      now: Date.now,
      sleep: async () => undefined,
    };
    const program = createProgram({
      version: '0.0.0',
      paint: plain,
      print: (line) => lines.push(line),
      run: async (command) => {
        outcome = await command(surroundings);
      },
    });
    const end = await program.parseAsync(['ask', ...args], { from: 'user' }).then(
      () => ({ code: outcome.exitCode, stdout: outcome.text === '' ? '' : `${outcome.text}\n` }),
      (error: unknown) => {
        lines.push(messageOf(error));
        return { code: exitCodeOf(error), stdout: '' };
      },
    );
    return { ...end, data: outcome.data, stderr: lines.map((line) => `${line}\n`).join('') };
  }
}
