import { AwsBootstrap } from '../../constructs/aws/aws-bootstrap.ts';
import { GoogleBootstrap } from '../../constructs/google/google-bootstrap.ts';
import type { BootstrapRequest } from '../../contracts/bootstrap.ts';
import type { Environment } from '../../contracts/environment.ts';
import { BootstrapStack } from '../../stacks/bootstrap-stack.ts';
import { INSTALLED_AWS } from './staging.ts';
import { type Synthesized, shippedEnvironment, synth, TEST_TOOLKIT } from './synth.ts';

export const REQUEST: BootstrapRequest = {
  repository: 'example/fleet',
  state: 'file',
  bucket: true,
  provider: true,
};

/** The shipped environment on AWS, for the provider that is installed. */
export const stagingEnvironment = () =>
  shippedEnvironment(
    'staging',
    (text) => `${text}terraform: { providerVersions: { aws: ${INSTALLED_AWS} } }\n`,
  );

/** What goes before an environment. */
export function synthBootstrap(environment: Environment, more: Partial<BootstrapRequest> = {}): Synthesized {
  const request = { ...REQUEST, ...more };
  const Bootstrap = environment.platform === 'aws' ? AwsBootstrap : GoogleBootstrap;
  return synth(
    (app) =>
      new BootstrapStack(app, {
        environment,
        bootstrap: (stack) => new Bootstrap(stack, environment, request, TEST_TOOLKIT),
      }),
  );
}
