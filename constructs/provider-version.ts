import type { TerraformStack } from 'cdktf';
import type { Environment } from '../contracts/environment.ts';

/** Replaces the provider version that the bindings ask for, where an environment names another one. */
export function pinProviderVersion(
  stack: TerraformStack,
  environment: Environment,
  provider: 'aws' | 'google' | 'docker',
): void {
  const version = environment.terraform?.providerVersions?.[provider];
  if (version !== undefined) stack.addOverride(`terraform.required_providers.${provider}.version`, version);
}
