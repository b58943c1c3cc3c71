import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DockerPlatform } from '../../constructs/docker/docker-platform.ts';
import type { Environment } from '../../contracts/environment.ts';
import { parseEnvironment } from '../../contracts/parse-environment.ts';
import { ROOT } from '../support/local-project.ts';
import { type Edit, editedEnvironment } from '../support/shipped.ts';
import { type Attributes, type Synthesized, synthEnvironment, TEST_TOOLKIT } from '../support/synth.ts';

/** A toolkit whose programs say one word, so that a test can change one of them. */
export function synthDocker(
  environment: Environment,
  programs: Readonly<Record<string, string>> = {},
): Synthesized {
  const readToolkit = (path: string) => {
    const [, program] = /^dist\/services\/(.+)\.js$/.exec(path) ?? [];
    return program === undefined ? readFileSync(join(ROOT, path), 'utf8') : (programs[program] ?? program);
  };
  return synthEnvironment(
    environment,
    (stack) => new DockerPlatform(stack, environment, TEST_TOOLKIT, { readToolkit }),
  );
}

/** The shipped dev environment, changed as an operator would. */
export function synthDev(...edits: readonly Edit[]): Synthesized {
  return synthDocker(editedEnvironment('dev', edits));
}

/** A host with eight GPUs and one release on them. */
export function gpuHost(releases: string): Environment {
  return parseEnvironment({
    path: 'environments/gpu-host.yaml',
    text: `
class: development
platform: docker
models:
  gpt-oss-20b:
    releases:
${releases}
secrets:
  api-keys: { file: keys.json }
  hop-key: { env: HOP_KEY }
gateway: { keys: api-keys }
router: { key: hop-key }
docker: { host: 'ssh://fleet@gpu-host' }
`,
  });
}

export function attributes({ resources }: Synthesized, address: string): Attributes {
  const found = resources.get(address);
  if (found === undefined) throw new Error(`no ${address}; have ${[...resources.keys()].join(', ')}`);
  return found;
}

/** All containers, by address. */
export function containers({ resources }: Synthesized): [string, Attributes][] {
  return [...resources].filter(([address]) => address.startsWith('docker_container.'));
}
