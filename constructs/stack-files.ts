import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type ISynthesisSession, TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';

/** Folder below the stack's own that its files are synthesized into. */
export const FILES_FOLDER = 'documents';

const instances = new WeakMap<TerraformStack, StackFiles>();

/**
 * Files that are synthesized beside a stack's cdk.tf.json, so that `terraform apply` finds them by a relative
 * path. (`TerraformAsset` copies files that exist; these are made by the program.)
 */
export class StackFiles {
  /** The files of the stack that a construct belongs to. */
  static of(scope: Construct): StackFiles {
    const stack = TerraformStack.of(scope);
    const existing = instances.get(stack);
    if (existing !== undefined) return existing;
    const files = new StackFiles(stack);
    instances.set(stack, files);
    return files;
  }

  readonly #texts = new Map<string, string>();

  private constructor(stack: TerraformStack) {
    const { synthesizer } = stack;
    stack.synthesizer = {
      synthesize: (session) => {
        synthesizer.synthesize(session);
        this.#write(stack, session);
      },
    };
  }

  /** Adds a file and returns its path relative to the folder that Terraform runs in. */
  add(path: string, text: string): string {
    if (this.#texts.has(path)) throw new Error(`two files of one stack are called ${path}`);
    this.#texts.set(path, text);
    return `${FILES_FOLDER}/${path}`;
  }

  /** Paths (below the files' folder) and texts, for tests. */
  get texts(): ReadonlyMap<string, string> {
    return new Map(this.#texts);
  }

  #write(stack: TerraformStack, session: ISynthesisSession): void {
    const stackFolder = dirname(join(session.outdir, session.manifest.forStack(stack).synthesizedStackPath));
    const folder = join(stackFolder, FILES_FOLDER);
    rmSync(folder, { recursive: true, force: true });
    for (const [path, text] of this.#texts) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
  }
}
