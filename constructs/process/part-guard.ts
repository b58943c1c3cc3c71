import { DataResource, TerraformIterator } from 'cdktf';
import { Construct } from 'constructs';
import type { PartCommands } from './part-commands.ts';

export interface PartGuardProps {
  readonly environment: string;
  readonly commands: PartCommands;
}

/**
 * Stops parts that leave the environment, and all of them at destroy. One resource with `for_each`, because a
 * destroy provisioner runs for a key that is dropped but not for a block that is removed; without a create
 * provisioner, because a tainted object never runs its destroy provisioner.
 */
export class PartGuard extends Construct {
  readonly resource: DataResource;
  readonly #parts: string[] = [];

  constructor(scope: Construct, id: string, { environment, commands }: PartGuardProps) {
    super(scope, id);
    const each = TerraformIterator.fromList(this.#parts);
    this.resource = new DataResource(this, 'Resource', {
      forEach: each,
      input: { environment, part: each.value },
      provisioners: [{ type: 'local-exec', when: 'destroy', command: commands.downSelf() }],
    });
  }

  /** Watches over one more part. */
  add(part: string): void {
    if (this.#parts.includes(part)) throw new Error(`two parts of one environment are called ${part}`);
    this.#parts.push(part);
    this.resource.forEach = TerraformIterator.fromList(this.#parts.toSorted());
  }
}
