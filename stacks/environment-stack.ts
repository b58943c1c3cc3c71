import { Annotations, TerraformOutput, type TerraformStack } from 'cdktf';
import { Construct } from 'constructs';
import type { Platform } from '../constructs/platform.ts';
import { drainWarnings } from '../contracts/drain-rules.ts';
import type { Environment } from '../contracts/environment.ts';
import { runsRedis } from '../contracts/redis-rules.ts';
import { releasesOfModel } from '../contracts/release.ts';
import { WEIGHTS_OUTPUT, weightsNote } from '../contracts/weights-note.ts';
import { environmentDocuments } from '../workloads/documents.ts';
import type { Templates } from '../workloads/templates.ts';
import { ReadableStack } from './readable-stack.ts';

export interface EnvironmentStackProps {
  readonly environment: Environment;
  readonly templates: Templates;
  /** Makes the platform once the stack exists. */
  readonly platform: (stack: TerraformStack) => Platform;
}

/** One environment: its documents, and the platform that delivers them. Wiring only. */
export class EnvironmentStack extends ReadableStack {
  constructor(scope: Construct, { environment, templates, platform: makePlatform }: EnvironmentStackProps) {
    super(scope, environment.name);
    for (const { path, message } of drainWarnings(environment))
      Annotations.of(this).addWarning(
        `${path.join('.')}: ${message} (environments/${environment.name}.yaml)`,
      );
    const platform = makePlatform(this);

    const nodes = new Construct(this, 'nodes');
    for (const model of Object.keys(environment.models)) {
      const own = releasesOfModel(environment, model).filter(({ kind }) => kind === 'nodes');
      const namespace = new Construct(nodes, model);
      for (const release of own) platform.nodes(namespace, release);
    }
    const endpoints = new Construct(this, 'endpoints');
    for (const [name, { simulated }] of Object.entries(environment.endpoints)) {
      if (simulated === true) platform.simulatedEndpoint(endpoints, name);
    }
    const documents = environmentDocuments(environment, platform.topology, templates);
    if (documents.egress !== undefined) platform.egress(this, { document: documents.egress });
    platform.router(this, { weights: documents.weights, servers: documents.servers });
    if (runsRedis(environment)) platform.redis(this);
    platform.gateway(this, { document: documents.gateway });
    if (environment.reviewer !== undefined) platform.reviewer?.(this);
    platform.observability(this, documents);
    new TerraformOutput(this, WEIGHTS_OUTPUT, { value: weightsNote(environment) });
  }
}
