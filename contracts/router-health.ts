/** Where a router's agent says, on `router.agentPort`, whether nginx serves a document: 200 or 503. What load balancers ask. */
export const ROUTER_HEALTH_PATH = '/health';
