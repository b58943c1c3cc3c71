import { TerraformElement, TerraformStack } from 'cdktf';
import type { Node } from 'constructs';

/** A stack whose addresses can be read. */
export class ReadableStack extends TerraformStack {
  readonly #paths = new Map<string, string>();

  /**
   * Readable addresses (`terraform_data.router_weights`): the construct path without `Resource`, joined by
   * underscores. Two paths that would share an address are an error.
   */
  protected override allocateLogicalId(element: TerraformElement | Node): string {
    const node = TerraformElement.isTerraformElement(element) ? element.node : element;
    const ids = node.scopes.slice(node.scopes.indexOf(this) + 1).map((scope) => scope.node.id);
    const address = ids
      .filter((id) => id !== 'Resource')
      .join('_')
      .replace(/[^\w-]/g, '-');
    const owner = this.#paths.get(address);
    if (owner !== undefined && owner !== node.path)
      throw new Error(`${node.path} and ${owner} share the address ${address}`);
    this.#paths.set(address, node.path);
    return address;
  }
}
