import type { Environment } from './environment.ts';

const HOST = /(^|-)aiplatform\.googleapis\.com$/;

/** Projects whose models on Vertex AI the egress asks by its own identity, each once. */
export function vertexProjects({ endpoints }: Pick<Environment, 'endpoints'>): string[] {
  const projects = Object.values(endpoints).flatMap(({ auth, url }) => {
    if (auth !== 'google' || !URL.canParse(url)) return [];
    const { hostname, pathname } = new URL(url);
    return HOST.test(hostname) ? (/\/projects\/([^/]+)\//.exec(pathname)?.[1] ?? []) : [];
  });
  return [...new Set(projects)];
}
