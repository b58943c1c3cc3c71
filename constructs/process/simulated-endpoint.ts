import { Construct } from 'constructs';
import { PUBLIC_HOST, simulatedEndpointArguments } from '../../workloads/vllm-command.ts';
import type { ProcessContext } from './context.ts';
import { simulatorCommand } from './engine.ts';
import { ProcessPart } from './process-part.ts';

export interface SimulatedEndpointProps {
  readonly context: ProcessContext;
  /** Its name under `endpoints`. */
  readonly endpoint: string;
}

const START_SECONDS = 30;

/** A public endpoint to rehearse with: real TLS with a certificate of its own, a real API key. */
export class SimulatedEndpoint extends Construct {
  readonly part: ProcessPart;

  constructor(scope: Construct, id: string, { context, endpoint }: SimulatedEndpointProps) {
    super(scope, id);
    const { topology, environment, toolkit } = context;
    const { url, bearer } = environment.endpoints[endpoint] ?? {};
    if (url === undefined) throw new Error(`no endpoint is named ${endpoint}`);
    const { hostname, port } = new URL(url);
    const certificate = topology.simulatedAuthority(endpoint);
    const tls = { address: topology.address, certificate, privateKey: certificate.replace(/\.pem$/, '.key') };
    this.part = new ProcessPart(this, 'Resource', {
      context,
      name: `endpoint-${endpoint}`,
      part: {
        ...simulatorCommand(context, simulatedEndpointArguments(environment, endpoint, tls), PUBLIC_HOST),
        secretEnv: bearer === undefined ? {} : { VLLM_API_KEY: topology.secret(bearer) },
        listens: [{ address: topology.address, port: Number(port), key: `endpoints.${endpoint}.url` }],
        generates: [
          {
            certificate,
            privateKey: tls.privateKey,
            hosts: [...new Set([hostname, 'localhost', topology.address])],
          },
          ...topology.generated([bearer]),
        ],
        ready: {
          url: `https://${topology.address}:${port}/health`,
          authority: certificate,
          timeoutSeconds: START_SECONDS,
        },
        address: url,
      },
      programHash: toolkit.programHash('vllm-simulator'),
    });
  }
}
