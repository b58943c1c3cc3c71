import { Agent, createServer, request } from 'node:http';

/** The baseline: what `node:http` costs that passes requests on and does nothing else. Arguments: port, upstream port. */
const [port, upstream] = process.argv.slice(2).map(Number);
const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });

createServer((req, res) => {
  const { method, url, headers } = req;
  const out = request({ host: '127.0.0.1', port: upstream, method, path: url, headers, agent }, (answer) => {
    res.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(res);
  });
  out.on('error', () => res.destroy());
  res.on('close', () => out.destroy());
  req.pipe(out);
}).listen(port, '127.0.0.1');
