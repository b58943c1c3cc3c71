import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { FILES_FOLDER } from '../../constructs/stack-files.ts';
import type { Ran } from './local-project.ts';
import type { Attributes, Synthesized } from './synth.ts';
import { pluginDirectory, terraform } from './terraform.ts';

/** What a plan does to one resource. */
export interface Change {
  readonly address: string;
  readonly type: string;
  /** `create`, `update`, `delete`, `delete create` */
  readonly action: string;
  readonly before: Attributes | null;
  readonly after: Attributes | null;
  /** What is known only after apply, `true` in the places of its values. */
  readonly afterUnknown: Attributes;
}

/** A folder in which real Terraform runs a synthesized stack, its state beside it. */
export class TerraformFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'fleet-terraform-'));
  readonly #override: object;
  /** The last plan, as `terraform show -json` prints it. */
  document: unknown;

  /** `settings`: of the provider in this copy, never in the product. */
  constructor(settings: object, provider: 'aws' | 'google' | 'docker' = 'aws') {
    this.#override = { provider: { [provider]: [settings] }, terraform: { backend: { local: {} } } };
  }

  /** Replaces the stack by another one; the state stays. */
  write({ json, files }: Synthesized): void {
    rmSync(join(this.path, FILES_FOLDER), { recursive: true, force: true });
    for (const [path, text] of files) {
      const file = join(this.path, FILES_FOLDER, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    writeFileSync(join(this.path, 'cdk.tf.json'), JSON.stringify(json));
    writeFileSync(join(this.path, 'test_override.tf.json'), JSON.stringify(this.#override));
  }

  /** A reason to skip: neither a plugin directory nor the registry has the provider. @throws Error where there is a directory */
  async init(): Promise<string | undefined> {
    const plugins = pluginDirectory();
    const { code, stderr } = await this.run(
      'init',
      ...(plugins === undefined ? [] : [`-plugin-dir=${plugins}`]),
    );
    if (code === 0) return undefined;
    if (plugins !== undefined) throw new Error(stderr);
    const reason = 'NOT CHECKED: no provider; set TF_PLUGIN_DIR, or let terraform reach its registry';
    console.warn(reason);
    return reason;
  }

  run(...args: readonly string[]): Promise<Ran> {
    return terraform(this.path, ...args);
  }

  /** @throws Error with what Terraform said */
  async apply(...flags: readonly string[]): Promise<void> {
    const { code, stderr } = await this.run('apply', '-auto-approve', '-input=false', ...flags);
    if (code !== 0) throw new Error(stderr);
  }

  /** All that a plan would do. @throws Error with what Terraform said */
  async plan(...flags: readonly string[]): Promise<Change[]> {
    const planned = await this.run('plan', '-input=false', '-out=plan', ...flags);
    if (planned.code !== 0) throw new Error(planned.stderr);
    const { stdout } = await this.run('show', '-json', 'plan');
    this.document = JSON.parse(stdout);
    const { resource_changes: changes = [] } = this.document as { resource_changes?: PlannedChange[] };
    return changes
      .map(({ address, type, change }) => ({
        address,
        type,
        action: change.actions.join(' '),
        before: change.before,
        after: change.after,
        afterUnknown: change.after_unknown,
      }))
      .filter(({ action }) => action !== 'no-op');
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

interface PlannedChange {
  readonly address: string;
  readonly type: string;
  readonly change: {
    readonly actions: readonly string[];
    readonly before: Attributes | null;
    readonly after: Attributes | null;
    readonly after_unknown: Attributes;
  };
}
