import { TerraformOutput, type TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';
import { BOOTSTRAP_OUTPUT, bootstrapStack } from '../contracts/bootstrap.ts';
import type { Environment } from '../contracts/environment.ts';
import { ReadableStack } from './readable-stack.ts';

/** What an account makes for an environment before its first deploy. */
export interface Bootstrap {
  /** Variables of the two GitHub environments, by their purpose. */
  readonly variables: Readonly<Record<'plan' | 'deploy', Readonly<Record<string, string>>>>;
}

export interface BootstrapStackProps {
  readonly environment: Environment;
  /** Fills the stack. */
  readonly bootstrap: (stack: TerraformStack) => Bootstrap;
}

/** What goes before an environment: the bucket of its state, and the identities of its workflows. Wiring only. */
export class BootstrapStack extends ReadableStack {
  constructor(scope: Construct, { environment, bootstrap }: BootstrapStackProps) {
    super(scope, bootstrapStack(environment.name));
    new TerraformOutput(this, BOOTSTRAP_OUTPUT, { value: bootstrap(this).variables });
  }
}
