import { createServer, type Server, type ServerResponse } from 'node:http';
import { Counter, Gauge, Registry } from 'prom-client';
import type { Agent } from './agent.ts';
import type { Nginx } from './nginx.ts';

/** `GET /status`, `/ready` and `/metrics` of the agent. */
export function createStatusServer(agent: Agent, nginx: Nginx): Server {
  const metrics = createMetrics(agent, nginx);
  return createServer((request, response) => {
    const path = request.url?.split('?')[0];
    if (request.method !== 'GET') return answer(response, 405, { error: 'only GET is known here' });
    if (path === '/status') return answer(response, 200, agent.status());
    if (path === '/ready') return answer(response, agent.ready() ? 200 : 503, { ready: agent.ready() });
    if (path !== '/metrics') return answer(response, 404, { error: 'known here: /status, /ready, /metrics' });
    metrics.metrics().then(
      (text) => response.writeHead(200, { 'content-type': metrics.contentType }).end(text),
      (error: unknown) => answer(response, 500, { error: String(error) }),
    );
  });
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
}

function createMetrics(agent: Agent, nginx: Nginx): Registry {
  const registry = new Registry();
  const registers = [registry];
  new Gauge({
    name: 'fleet_router_document_info',
    help: 'The document that nginx has loaded; always 1.',
    labelNames: ['version'],
    registers,
    collect() {
      const { version } = agent.status();
      this.reset();
      if (version !== null) this.set({ version }, 1);
    },
  });
  new Gauge({
    name: 'fleet_router_document_refused',
    help: '1 while something that is wanted is not applied because it is broken.',
    registers,
    collect() {
      this.set(agent.status().state === 'refused' ? 1 : 0);
    },
  });
  new Gauge({
    name: 'fleet_router_nginx_running',
    help: '1 while the nginx master runs.',
    registers,
    collect() {
      this.set(agent.status().nginx === 'running' ? 1 : 0);
    },
  });
  new Counter({
    name: 'fleet_router_reloads_total',
    help: 'Times that nginx was told to load its files again.',
    registers,
    collect() {
      this.reset();
      this.inc(agent.reloads());
    },
  });
  new Gauge({
    name: 'fleet_router_nginx_connections',
    help: 'Client connections of nginx by what they do. Absent while nginx does not answer.',
    labelNames: ['state'],
    registers,
    async collect() {
      const connections = await nginx.connections();
      this.reset();
      for (const [state, count] of Object.entries(connections ?? {})) this.set({ state }, count);
    },
  });
  return registry;
}
