import { createServer, type Server, type ServerResponse } from 'node:http';
import type { Agent } from './agent.ts';
import { createMetrics } from './metrics.ts';
import type { Nginx } from './nginx.ts';

const KNOWN = '/status, /health, /ready, /metrics';

export interface StatusServerProps {
  readonly agent: Agent;
  readonly nginx: Nginx;
  /** Whether the router is to get no new connections. */
  readonly leaving: () => boolean;
}

/** `GET /status`, `/health`, `/ready` and `/metrics` of the agent. */
export function createStatusServer({ agent, nginx, leaving }: StatusServerProps): Server {
  const metrics = createMetrics(agent, nginx);

  /**
   * For a balancer: whether nginx answers now, with a document that was good. An outdated one is: a router whose
   * sources are gone is as good as it was.
   */
  async function health(response: ServerResponse): Promise<void> {
    const version = (await nginx.answer())?.version ?? null;
    const healthy = version !== null && agent.verified(version) && !leaving();
    answer(response, healthy ? 200 : 503, { healthy, version, leaving: leaving() });
  }

  async function exposition(response: ServerResponse): Promise<void> {
    const text = await metrics.metrics();
    response.writeHead(200, { 'content-type': metrics.contentType }).end(text);
  }

  return createServer((request, response) => {
    const fail = (error: unknown) => answer(response, 500, { error: String(error) });
    const path = request.url?.split('?')[0];
    if (request.method !== 'GET') return answer(response, 405, { error: 'only GET is known here' });
    switch (path) {
      case '/status':
        return answer(response, 200, agent.status());
      case '/ready':
        return answer(response, agent.ready() ? 200 : 503, { ready: agent.ready() });
      case '/health':
        return void health(response).catch(fail);
      case '/metrics':
        return void exposition(response).catch(fail);
      default:
        return answer(response, 404, { error: `known here: ${KNOWN}` });
    }
  });
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
}
