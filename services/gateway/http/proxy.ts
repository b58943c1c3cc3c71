import { request } from 'node:http';
import type { buildConnector } from 'undici';

type Connector = buildConnector.connector;

/**
 * Connections through an HTTP proxy (`CONNECT`), which sees host and port and nothing else: TLS, if any, is made
 * inside the tunnel, for the upstream's own name.
 */
export function throughProxy(proxy: URL, connect: Connector, timeoutMs: number): Connector {
  return (options, callback) => {
    const port = options.port || (options.protocol === 'https:' ? '443' : '80');
    const path = `${options.hostname}:${port}`;
    const asking = request({
      method: 'CONNECT',
      host: proxy.hostname,
      port: proxy.port || 80,
      path,
      headers: { host: path },
      agent: false,
      timeout: timeoutMs,
    });
    asking.on('timeout', () => asking.destroy(new Error('the proxy is silent')));
    asking.on('error', (error) => callback(error, null));
    asking.on('response', (response) => {
      response.destroy();
      callback(new Error(`the proxy answered ${response.statusCode}`), null);
    });
    asking.on('connect', (response, socket) => {
      socket.setTimeout(0);
      if (response.statusCode !== 200) {
        socket.destroy();
        callback(new Error(`the proxy answered ${response.statusCode}`), null);
      } else if (options.protocol === 'https:') {
        connect({ ...options, httpSocket: socket }, callback);
      } else {
        callback(null, socket);
      }
    });
    asking.end();
  };
}
