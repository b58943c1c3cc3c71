/** Where a node says what it is doing: `/ready`, `/ready/<server>` for routers, `/health` for the group's health check. */
export const NODE_HEALTH_PORT = 9101;
export const NODE_HEALTH_PATH = '/health';
/** 200 while all of the node's servers serve. */
export const NODE_READY_PATH = '/ready';

/** 200 while one server, from 1, serves and does not leave. */
export function serverReadyPath(server: number): string {
  return `${NODE_READY_PATH}/${server}`;
}
