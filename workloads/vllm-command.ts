import { drainTimes } from '../contracts/drain.ts';
import type { Environment } from '../contracts/environment.ts';
import { engineSettings, maxModelLen } from '../contracts/fit.ts';
import {
  definitionOf,
  hostedModelOf,
  machineOf,
  placementOf,
  type Release,
  releasesOf,
} from '../contracts/release.ts';

/** What starts one vLLM server: the arguments after the program's name. */
export interface VllmCommandProps {
  readonly release: Release;
  readonly address: string;
  readonly port: number;
  /**
   * Folder with the model's files. vLLM recognises gpt-oss by its path: it must end like the model's id at the hub.
   * @default - the model's id at the hub, which vLLM fetches from
   */
  readonly weightsFolder?: string;
}

/**
 * The one place where a vLLM command line is made, for every platform and for the simulator.
 * Flags: `vllm serve --help` of 0.32.0. Parsers: gpt-oss speaks Harmony, which `openai` and `openai_gptoss` read.
 */
export function vllmArguments(
  environment: Environment,
  { release, address, port, weightsFolder }: VllmCommandProps,
): string[] {
  const nodes = release.document.nodes;
  const definition = definitionOf(environment, release.model);
  const machine = nodes === undefined ? undefined : machineOf(environment, nodes.machine);
  if (nodes === undefined || machine === undefined || definition?.weights === undefined) {
    throw new Error(
      `${release.model} ${release.name} is not a release of own nodes on a known machine with published weights`,
    );
  }
  const { gpuMemoryUtilization, maxNumBatchedTokens } = engineSettings({ nodes, definition, machine });
  return [
    'serve',
    weightsFolder ?? definition.weights,
    ...['--served-model-name', release.model],
    ...['--host', address],
    ...['--port', String(port)],
    ...['--tensor-parallel-size', String(placementOf(nodes).tensorParallel)],
    ...['--max-model-len', String(maxModelLen({ nodes, definition }))],
    ...['--gpu-memory-utilization', String(gpuMemoryUtilization)],
    ...['--max-num-batched-tokens', String(maxNumBatchedTokens)],
    '--enable-prefix-caching',
    '--enable-prompt-tokens-details',
    '--enable-auto-tool-choice',
    ...['--tool-call-parser', 'openai'],
    ...['--reasoning-parser', 'openai_gptoss'],
    ...['--shutdown-timeout', String(drainTimes(nodes.drain).shutdownTimeout)],
    ...(nodes.traced === true ? ['--otlp-traces-endpoint', tracesUrl(environment)] : []),
  ];
}

/** The gateway adds the path itself; vLLM takes the whole URL. */
function tracesUrl({ gateway: { tracing }, name }: Environment): string {
  if (tracing === undefined) throw new Error(`environment ${name} traces nothing`);
  return `${tracing.endpoint.replace(/\/+$/, '')}/v1/traces`;
}

/** What every vLLM server has in its environment, on every platform: no statistics for anybody, and no request for thousands of answers. */
const VLLM_ENVIRONMENT: Readonly<Record<string, string>> = {
  VLLM_NO_USAGE_STATS: '1',
  DO_NOT_TRACK: '1',
  VLLM_MAX_N_SEQUENCES: '128',
};

/** Without the first it would speak gRPC. */
const TRACES_ENVIRONMENT: Readonly<Record<string, string>> = {
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/protobuf',
  OTEL_SERVICE_NAME: 'vllm',
};

/** The environment of a release's vLLM servers. */
export function vllmEnvironment({ document: { nodes } }: Release): Readonly<Record<string, string>> {
  return nodes?.traced === true ? { ...VLLM_ENVIRONMENT, ...TRACES_ENVIRONMENT } : VLLM_ENVIRONMENT;
}

/** Settings of a simulator that stands in for a public host: it answers with the model's name that was asked for. */
export const PUBLIC_HOST = { answersAs: 'requested' } as const;

/** The simulator's stand-in for a public endpoint: one server that knows the models by their ids at that host. */
export function simulatedEndpointArguments(
  environment: Environment,
  endpoint: string,
  tls: SimulatedTls,
): string[] {
  const url = new URL(environment.endpoints[endpoint]?.url ?? '');
  const models = releasesOf(environment).flatMap(({ model, document }) => {
    const hosted = hostedModelOf(environment, model, document);
    return hosted?.host === endpoint ? [hosted.id] : [];
  });
  return [
    'serve',
    endpoint,
    ...['--served-model-name', ...new Set(models)],
    ...['--host', tls.address],
    ...['--port', url.port === '' ? '443' : url.port],
    ...['--ssl-certfile', tls.certificate],
    ...['--ssl-keyfile', tls.privateKey],
    '--enable-prefix-caching',
    '--enable-prompt-tokens-details',
    '--enable-auto-tool-choice',
    ...['--tool-call-parser', 'openai'],
  ];
}

/** Address to listen on, and the PEM files of the endpoint's certificate. */
export interface SimulatedTls {
  readonly address: string;
  readonly certificate: string;
  readonly privateKey: string;
}
