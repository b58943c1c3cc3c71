import type { EdgeConfig } from '../../contracts/gateway-config.ts';
import type { SimulationInput } from '../../services/vllm-simulator/simulation-options.ts';
import {
  edgeConfig,
  egressConfig,
  type Started,
  start as startGateway,
} from '../services/gateway/support/start.ts';
import { type Running, start as startSimulator } from '../services/vllm-simulator/support.ts';
import { environmentOf, startRouter, type TestRouter } from '../workloads/router-support.ts';

/** Models by the way that their requests take: to an own server, or by the egress to an endpoint. */
export const WAYS = { server: 'gpt-oss-120b', endpoint: 'gpt-oss-20b' } as const;
export type Way = keyof typeof WAYS;

/** The real parts of a fleet, without a deployment: gateway, nginx, egress, and simulated model servers. */
export interface Chain {
  readonly gateway: Started;
  readonly router: TestRouter;
  readonly egress: Started;
  /** Behind each way. */
  readonly upstreams: Readonly<Record<Way, Running>>;
}

interface ChainProps {
  readonly simulation?: SimulationInput;
  readonly args?: readonly string[];
  readonly edge?: Partial<EdgeConfig>;
  /** Puts something before a part that listens on this port; resolves with the port of it. */
  readonly before?: (part: 'router' | 'upstream', port: number) => Promise<number>;
}

const TOOLS = ['--enable-auto-tool-choice', '--tool-call-parser', 'openai', '--enable-prompt-tokens-details'];

export async function startChain({
  simulation,
  args = [],
  edge = {},
  before = async (_part, port) => port,
}: ChainProps = {}): Promise<Chain> {
  const all = [...TOOLS, ...args];
  const server = await startSimulator({ simulation, args: all });
  const endpoint = await startSimulator({
    simulation: simulation && { ...simulation, answersAs: 'requested' },
    args: ['--served-model-name', 'openai/gpt-oss-20b', ...all],
  });
  const endpointPort = await before('upstream', endpoint.port);
  const egress = await startGateway(
    egressConfig(`http://127.0.0.1:${endpointPort}`, {
      endpoints: { groq: { url: `http://127.0.0.1:${endpointPort}/v1`, bearer: { env: 'GROQ_KEY' } } },
    }),
  );
  const environment = environmentOf({
    [WAYS.server]: { v1: { weight: 100, role: 'stable' } },
    [WAYS.endpoint]: { groq: { weight: 100, endpoint: true } },
  });
  const servers = {
    [`${WAYS.server}_v1`]: [{ address: '127.0.0.1', port: await before('upstream', server.port) }],
  };
  const router = await startRouter(environment, servers, egress.address);
  const routerPort = await before('router', router.port);
  const gateway = await startGateway(edgeConfig(`http://127.0.0.1:${routerPort}`, edge));
  return { gateway, router, egress, upstreams: { server, endpoint } };
}
