import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { untilAnswers } from './programs.ts';

/** The one fake upstream of all subjects: nginx, one worker, one port for each kind of answer. */
export interface Upstream {
  /** A short whole answer. */
  readonly whole: number;
  /** A stream of `FAST_CHUNKS` events, as fast as they are taken. */
  readonly fast: number;
  /** A stream of `TIMED_CHUNKS` events, one each `TIMED_GAP_MS`, the first after one gap. */
  readonly timed: number;
  /** As `timed`, with `BRIEF_CHUNKS` events. */
  readonly brief: number;
  /** As `timed`, with `PACED_CHUNKS` events: the length of an ordinary answer. */
  readonly paced: number;
  /** A stream that stays open: one event each second, for `OPEN_SECONDS`. */
  readonly open: number;
  stop(): void;
}

export const FAST_CHUNKS = 1000;
/** Few, so that many first tokens can be waited for. */
export const BRIEF_CHUNKS = 2;
export const TIMED_CHUNKS = 20;
export const PACED_CHUNKS = 200;
export const TIMED_GAP_MS = 20;
export const OPEN_SECONDS = 10;

const USAGE = { prompt_tokens: 1000, completion_tokens: 50, total_tokens: 1050 };
const WHOLE = JSON.stringify({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1_766_000_000,
  model: 'gpt-oss-120b',
  choices: [
    { index: 0, message: { role: 'assistant', content: 'The answer is 42.' }, finish_reason: 'stop' },
  ],
  usage: USAGE,
});

function event(delta: object, more: object = {}): string {
  const chunk = {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1_766_000_000,
    model: 'gpt-oss-120b',
    choices: [{ index: 0, delta, finish_reason: null }],
    ...more,
  };
  return `data: ${JSON.stringify(chunk)}\n\n`;
}

const SCRIPT = `
const chunk = ${JSON.stringify(event({ content: ' token' }))};
const end = ${JSON.stringify(`${event({}, { choices: [], usage: USAGE })}data: [DONE]\n\n`)};
const burst = chunk.repeat(${FAST_CHUNKS}) + end;

function begin(r) {
  r.headersOut['Content-Type'] = 'text/event-stream';
  r.status = 200;
}
function whole(r) {
  r.headersOut['Content-Type'] = 'application/json';
  r.return(200, ${JSON.stringify(WHOLE)});
}
function fast(r) {
  begin(r);
  r.sendHeader();
  r.send(burst);
  r.finish();
}
function drip(r, count, gap) {
  begin(r);
  r.sendHeader();
  let sent = 0;
  function next() {
    r.send(chunk);
    sent += 1;
    if (sent < count) setTimeout(next, gap);
    else { r.send(end); r.finish(); }
  }
  setTimeout(next, gap);
}
function brief(r) { drip(r, ${BRIEF_CHUNKS}, ${TIMED_GAP_MS}); }
function timed(r) { drip(r, ${TIMED_CHUNKS}, ${TIMED_GAP_MS}); }
function paced(r) { drip(r, ${PACED_CHUNKS}, ${TIMED_GAP_MS}); }
function open(r) { drip(r, ${OPEN_SECONDS}, 1000); }
export default { whole, fast, brief, timed, paced, open };
`;

/** @param cpu The core that nginx is held on. */
export async function startUpstream(folder: string, firstPort: number, cpu: number): Promise<Upstream> {
  const ports = {
    whole: firstPort,
    fast: firstPort + 1,
    brief: firstPort + 2,
    timed: firstPort + 3,
    paced: firstPort + 4,
    open: firstPort + 5,
  };
  writeFileSync(join(folder, 'answers.js'), SCRIPT);
  const server = (port: number, answer: string) => `
  server {
    listen 127.0.0.1:${port};
    location / { ${answer} }
  }`;
  writeFileSync(
    join(folder, 'nginx.conf'),
    `load_module modules/ngx_http_js_module.so;
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events { worker_connections 8192; }
http {
  js_path ${folder};
  js_import answers from answers.js;
  access_log off;
  postpone_output 0;
  keepalive_requests 10000000;
  client_max_body_size 16m;
  client_body_buffer_size 2m;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
  add_header x-fleet-release v1;
  add_header x-fleet-server server-1;
${Object.entries(ports)
  .map(([answer, port]) => server(port, `js_content answers.${answer};`))
  .join('')}
}
`,
  );
  const nginx: ChildProcess = spawn(
    'taskset',
    ['-c', String(cpu), 'nginx', '-p', '/usr/share/nginx/', '-c', join(folder, 'nginx.conf')],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  await untilAnswers(ports.whole, 10);
  return { ...ports, stop: () => nginx.kill('SIGTERM') };
}
