import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { App, type TerraformStack } from 'cdktf';
import { DESTROYING } from './constructs/fixed-release.ts';
import type { Platform } from './constructs/platform.ts';
import type { Toolkit } from './constructs/toolkit.ts';
import { BOOTSTRAP_VARIABLE, bootstrapStack, parseBootstrapRequest } from './contracts/bootstrap.ts';
import type { Environment } from './contracts/environment.ts';
import { environmentName, parseEnvironment } from './contracts/parse-environment.ts';
import { EnvironmentError } from './contracts/problem.ts';
import { type Bootstrap, BootstrapStack } from './stacks/bootstrap-stack.ts';
import { EnvironmentStack } from './stacks/environment-stack.ts';
import { readTemplates } from './templates/read.ts';

const toolkitFolder = fileURLToPath(new URL('..', import.meta.url));
const projectFolder = process.cwd();

function readEnvironments(wanted: readonly string[] | undefined): Environment[] {
  const folder = join(projectFolder, 'environments');
  const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'));
  const names = files.map(environmentName);
  const missing = (wanted ?? []).filter((name) => !names.includes(name));
  if (missing.length > 0)
    throw new Error(
      `FLEET_ENVIRONMENTS: no file environments/${missing.join('.yaml, ')}.yaml; have ${names.join(', ')}`,
    );
  return files
    .filter((file) => wanted?.includes(environmentName(file)) ?? true)
    .map((file) =>
      parseEnvironment({ path: `environments/${file}`, text: readFileSync(join(folder, file), 'utf8') }),
    );
}

function toolkitSeenFrom(stackFolder: string): Toolkit {
  return {
    path: relative(stackFolder, toolkitFolder),
    projectPath: relative(stackFolder, projectFolder),
    programHash: (service) =>
      createHash('sha256')
        .update(readFileSync(join(toolkitFolder, 'dist', 'services', `${service}.js`)))
        .digest('hex')
        .slice(0, 16),
  };
}

/** Only the provider packages of the platforms in use are loaded: they are large. */
async function platformOf(
  environment: Environment,
  toolkit: Toolkit,
  templates: ReturnType<typeof readTemplates>,
): Promise<(stack: TerraformStack) => Platform> {
  switch (environment.platform) {
    case 'process': {
      const { ProcessPlatform } = await import('./constructs/process/process-platform.ts');
      return (stack) => new ProcessPlatform(stack, environment, toolkit);
    }
    case 'docker': {
      const { DockerPlatform } = await import('./constructs/docker/docker-platform.ts');
      const readToolkit = (path: string) => readFileSync(join(toolkitFolder, path), 'utf8');
      return (stack) => new DockerPlatform(stack, environment, toolkit, { readToolkit });
    }
    case 'aws': {
      const { AwsPlatform } = await import('./constructs/aws/aws-platform.ts');
      return (stack) => new AwsPlatform(stack, environment, toolkit, templates);
    }
    case 'google': {
      const { GooglePlatform } = await import('./constructs/google/google-platform.ts');
      return (stack) => new GooglePlatform(stack, environment, toolkit, templates);
    }
  }
}

/** What `fleet bootstrap` asks for, instead of the environment itself. */
async function bootstrapOf(
  environment: Environment,
  request: string,
  toolkit: Toolkit,
): Promise<(stack: TerraformStack) => Bootstrap> {
  const parsed = parseBootstrapRequest(request);
  if (environment.platform === 'aws') {
    const { AwsBootstrap } = await import('./constructs/aws/aws-bootstrap.ts');
    return (stack) => new AwsBootstrap(stack, environment, parsed, toolkit);
  }
  const { GoogleBootstrap } = await import('./constructs/google/google-bootstrap.ts');
  return (stack) => new GoogleBootstrap(stack, environment, parsed, toolkit);
}

try {
  const environments = readEnvironments(
    process.env.FLEET_ENVIRONMENTS?.split(',').map((name) => name.trim()),
  );
  const templates = readTemplates(join(toolkitFolder, 'templates'));
  const app = new App({ context: { [DESTROYING]: process.env.FLEET_DESTROYING === '1' } });
  const request = process.env[BOOTSTRAP_VARIABLE];
  for (const environment of environments) {
    const name = request === undefined ? environment.name : bootstrapStack(environment.name);
    const toolkit = toolkitSeenFrom(join(projectFolder, app.outdir, 'stacks', name));
    if (request !== undefined) {
      new BootstrapStack(app, { environment, bootstrap: await bootstrapOf(environment, request, toolkit) });
      continue;
    }
    const platform = await platformOf(environment, toolkit, templates);
    new EnvironmentStack(app, { environment, templates, platform });
  }
  app.synth();
} catch (error) {
  if (!(error instanceof EnvironmentError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
