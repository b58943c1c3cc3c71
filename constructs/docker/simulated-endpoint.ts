import { Construct } from 'constructs';
import { PUBLIC_HOST, simulatedEndpointArguments } from '../../workloads/vllm-command.ts';
import type { DockerContext } from './context.ts';
import { SECRETS_FOLDER } from './docker-topology.ts';
import { PartContainer } from './part-container.ts';
import { PartSecrets } from './part-secrets.ts';
import { probe } from './probe.ts';
import { simulatorEnvironment } from './simulator.ts';

export interface SimulatedEndpointProps {
  readonly context: DockerContext;
  /** Its name under `endpoints`. */
  readonly endpoint: string;
}

const START_SECONDS = 30;
const STOP_SECONDS = 5;

/** A public endpoint to rehearse with: its own name in the network, real TLS, a real API key. */
export class SimulatedEndpoint extends Construct {
  constructor(scope: Construct, id: string, { context, endpoint }: SimulatedEndpointProps) {
    super(scope, id);
    const { environment, generated, services } = context;
    const { url, bearer } = environment.endpoints[endpoint] ?? {};
    if (url === undefined) throw new Error(`no endpoint is named ${endpoint}`);
    const { hostname, port } = new URL(url);
    const portNumber = port === '' ? 443 : Number(port);
    const part = `endpoint-${endpoint}`;
    const certificate = `${endpoint}.pem`;
    const privateKey = `${endpoint}.key`;
    const secrets = new PartSecrets(this, 'secrets', {
      context,
      part,
      names: [bearer],
      files: {
        [certificate]: generated.certificateOf(endpoint),
        [privateKey]: generated.privateKeyOf(endpoint),
      },
    });
    const withKey =
      bearer === undefined
        ? []
        : ['sh', '/app/with-secret.sh', 'VLLM_API_KEY', `${SECRETS_FOLDER}/${bearer}`];
    new PartContainer(this, 'Resource', {
      context,
      part,
      port: portNumber,
      stopSeconds: STOP_SECONDS,
      health: probe(`https://localhost:${portNumber}/health`, START_SECONDS),
      config: {
        image: services.imageId,
        entrypoint: [...withKey, 'node', '/app/vllm-simulator.mjs'],
        command: simulatedEndpointArguments(environment, endpoint, {
          address: '0.0.0.0',
          certificate: `${SECRETS_FOLDER}/${certificate}`,
          privateKey: `${SECRETS_FOLDER}/${privateKey}`,
        }),
        env: [
          ...simulatorEnvironment(context, PUBLIC_HOST),
          `NODE_EXTRA_CA_CERTS=${SECRETS_FOLDER}/${certificate}`,
        ],
        volumes: [secrets.mount],
      },
      aliases: [hostname],
      after: [secrets.delivery],
    });
  }
}
